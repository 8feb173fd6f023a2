package plan

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/migrate/snapshot"
)

func (p *planner) enums() {
	for _, want := range p.Want.Enums {
		is := p.Is.Enum(want.Name)
		if is == nil {
			p.add(types, Step{SQL: fmt.Sprintf("CREATE TYPE %s AS ENUM (%s)", want.Quoted(), literals(want.Values)), Object: want.String(), Group: creating})
			p.comment(types, "TYPE "+want.Quoted(), want.String(), "", want.Comment, "")
			continue
		}
		p.values(*is, want)
		p.comment(types, "TYPE "+want.Quoted(), want.String(), is.Comment, want.Comment, "")
	}
	for _, is := range p.Is.Enums {
		if p.Want.Enum(is.Name) == nil && p.Then.Enum(is.Name) == nil {
			p.dropEnum(is)
		}
	}
}

// values adds those that an enum lacks, each at its place. PostgreSQL removes and renames
// none.
func (p *planner) values(is, want snapshot.Enum) {
	var gone []string
	for _, v := range is.Values {
		if !slices.Contains(want.Values, v) {
			gone = append(gone, v)
		}
	}
	if len(gone) > 0 {
		if last := p.lastEnum(is.Name); p.Older && last != nil && slices.Equal(last.Values, is.Values) {
			p.keep(fmt.Sprintf("the enum %s has also %s, of a later release", is.Name, literals(gone)))
		} else {
			p.add(types, Step{
				SQL: "ALTER TYPE " + is.Quoted() + " loses " + literals(gone), Class: Unsupported, Object: is.String(),
				Why: fmt.Sprintf("the schema no longer has the value %s of the enum %s, and PostgreSQL removes no value. Write it back. One that only has another name: ALTER TYPE %s RENAME VALUE … TO …, by hand. "+
					"Else make a new enum, a new column of it, fill that, and drop the old ones a release later", literals(gone), is.Name, is.Quoted()),
			})
			return
		}
	}
	there := slices.Clone(is.Values)
	for i, v := range want.Values {
		if slices.Contains(there, v) {
			continue
		}
		place := ""
		if next := following(want.Values[i+1:], is.Values); next != "" {
			place = " BEFORE " + literal(next)
		}
		p.add(types, Step{SQL: fmt.Sprintf("ALTER TYPE %s ADD VALUE %s%s", want.Quoted(), literal(v), place), Object: want.String()})
		there = append(there, v)
	}
	if kept := common(is.Values, want.Values); !slices.Equal(kept, common(want.Values, is.Values)) {
		p.add(types, Step{
			SQL: "ALTER TYPE " + is.Quoted() + " has another order", Class: Unsupported, Object: is.String(),
			Why: "PostgreSQL does not change the order of an enum's values: write them in the order " + literals(kept),
		})
	}
}

// following returns the first of values that is there.
func following(values, there []string) string {
	for _, v := range values {
		if slices.Contains(there, v) {
			return v
		}
	}
	return ""
}

// common returns those of a that b has, too.
func common(a, b []string) (both []string) {
	for _, v := range a {
		if slices.Contains(b, v) {
			both = append(both, v)
		}
	}
	return both
}

func literals(values []string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = literal(v)
	}
	return strings.Join(texts, ", ")
}

func (p *planner) dropEnum(is snapshot.Enum) {
	known := p.made(func(s snapshot.Snapshot) bool { return s.Enum(is.Name) != nil })
	if p.later(known, "drop-enum:"+is.String()) {
		p.keep(fmt.Sprintf("the enum %s, of a later release", is.Name))
		return
	}
	s := Step{SQL: "DROP TYPE " + is.Quoted(), Object: is.String()}
	if !known {
		s.byHand("the enum", "drop-enum:"+is.String())
	}
	p.add(contract, s)
}

func (p *planner) lastEnum(n snapshot.Name) *snapshot.Enum {
	if p.Last == nil {
		return nil
	}
	return p.Last.Enum(n)
}

// byHand has a step ask for a consent, as it removes what no migration made.
func (s *Step) byHand(what, allow string) {
	s.Class, s.Allow = Losing, allow
	s.Why = what + " is in no file, and no migration made it: somebody did by hand. To keep it, write it into a file"
}
