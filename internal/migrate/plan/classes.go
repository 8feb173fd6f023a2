package plan

import (
	"fmt"
	"strings"

	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

// breaks returns the ids of the live releases for which a change is the end, in words; ""
// if there are none.
func (p *planner) breaks(does func(release.Uses) bool) string {
	var ids []string
	for _, r := range p.Releases {
		if does(r.Uses) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return strings.Join(ids, ", ")
}

// breaking makes s a breaking step if live releases do what does says. what is what they
// do: "reads it".
func (p *planner) breaking(s *Step, what, object string, does func(release.Uses) bool) {
	ids := p.breaks(does)
	if ids == "" {
		return
	}
	s.because(fmt.Sprintf("the release %s lives, and %s", ids, what))
	if s.Class == Safe || s.Class == Slow || s.Class == "" {
		s.Class = Breaking
	}
	if s.Allow == "" || s.Class == Breaking {
		s.Allow = "break:" + object
	}
}

// because adds a reason.
func (s *Step) because(why string) {
	if s.Why != "" {
		s.Why += "; "
	}
	s.Why += why
}

// slow makes s a step that stops others while t is rewritten. It asks for a consent if
// that takes longer than a moment.
func (s *Step) slow(t *snapshot.Table, object string) {
	takes, why := rewriting(t)
	s.because(why)
	if s.Class == Safe || s.Class == "" {
		s.Class = Slow
	}
	if takes > patience && s.Allow == "" {
		s.Allow = "slow:" + object
		s.because("without a stop: add a new column, fill it by a data step, and drop the old one a release later")
	}
}

// reads, writes and uses are what a release may do with a table.
func reads(t snapshot.Name, column string) func(release.Uses) bool {
	return func(u release.Uses) bool { return u.Reads(t, column) }
}

func writes(t snapshot.Name) func(release.Uses) bool {
	return func(u release.Uses) bool { return u.Writes(t) }
}

func named(t snapshot.Name) func(release.Uses) bool {
	return func(u release.Uses) bool { return u.Names(t) }
}
