package inflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"switchyard/router/internal/durable"
)

// patience is how long a check goes on before it says how far it has come.
const patience = 2 * time.Second

// maxFindings bounds how many different findings a report has.
const maxFindings = 100

// Report says which runs cannot be carried on.
type Report struct {
	Runs    int `json:"runs"`    // that go on
	Checked int `json:"checked"` // of those: their function and their events
	// Unknown is how many of the checked ones were begun by a release that did not record
	// what is needed.
	Unknown  int       `json:"unknown"`
	Findings []Finding `json:"findings"`
}

// Stranded returns how many runs cannot be carried on. Runs that passed the same steps
// of a function count alike.
func (r Report) Stranded() int {
	n := 0
	for _, f := range r.Findings {
		n += f.Runs
	}
	return n
}

// ErrStranded is what [Report.Err] is.
var ErrStranded = errors.New("this release cannot carry on runs that go on")

// Err returns an ErrStranded that says what was found; nil if all can be carried on.
func (r Report) Err() error {
	if len(r.Findings) == 0 {
		return nil
	}
	var b strings.Builder
	_ = r.Write(&b)
	return fmt.Errorf("%w:\n%s", ErrStranded, strings.TrimSuffix(b.String(), "\n"))
}

// Write writes the report, for people.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %s, %s: %s (as in %s)\n", f.Function, count(f.Runs), f.Text(), f.Example)
	}
	fmt.Fprintf(&b, "%s in flight, %d checked, %d that this release cannot carry on", count(r.Runs), r.Checked, r.Stranded())
	if r.Unknown > 0 {
		fmt.Fprintf(&b, ", %d of which too little is recorded", r.Unknown)
	}
	_, err := fmt.Fprintln(w, b.String()+".")
	return err
}

func count(runs int) string {
	if runs == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", runs)
}

// Check asks the functions of h whether they can carry on what source has. Beyond two
// seconds it says on progress how far it is.
func Check(ctx context.Context, h *durable.Host, source Source, progress io.Writer) (Report, error) {
	shapes, err := source.Shapes(ctx)
	if err != nil {
		return Report{}, err
	}
	// The host's own functions have no steps, and their ids go with the service's URL.
	shapes = slices.DeleteFunc(shapes, func(s Shape) bool { return strings.HasPrefix(s.Function, h.App()+"-"+durable.WatchID) })
	c := checking{host: h, failing: map[string]bool{}, progress: progress, said: time.Now()}
	for _, s := range shapes {
		c.report.Runs += s.Runs
	}
	c.report.Findings = []Finding{}
	for _, s := range shapes {
		if err := c.check(ctx, source, s); err != nil {
			return Report{}, err
		}
	}
	slices.SortStableFunc(c.report.Findings, func(a, b Finding) int { return strings.Compare(a.Function, b.Function) })
	return c.report, ctx.Err()
}

// checking is one check.
type checking struct {
	host     *durable.Host
	report   Report
	progress io.Writer
	said     time.Time
	failing  map[string]bool // functions that fail: they are asked once
}

// check looks at the runs of a shape: the first is replayed, and what is found counts for
// all of them; of the others the events are decoded.
func (c *checking) check(ctx context.Context, source Source, s Shape) error {
	for at := 0; at < len(s.Examples); at += batch {
		runs, err := source.Load(ctx, s.Examples[at:min(at+batch, len(s.Examples))])
		if err != nil {
			return err
		}
		for i, r := range runs {
			first := at == 0 && i == 0
			c.report.Checked++
			if !known(r) && c.host.Has(r.Function) {
				c.report.Unknown++
			}
			f := judge(ctx, c.host, r, !first || c.failing[r.Function])
			if f == nil {
				continue
			}
			c.failing[r.Function] = c.failing[r.Function] || f.Kind == Fails
			if first && f.Kind != Input {
				f.Runs = s.Runs
				c.add(*f)
				c.report.Checked += len(s.Examples) - 1
				return nil
			}
			c.add(*f)
		}
		c.say()
	}
	return ctx.Err()
}

// add counts a finding, with others of its kind.
func (c *checking) add(f Finding) {
	i := slices.IndexFunc(c.report.Findings, func(g Finding) bool {
		g.Runs, g.Example = f.Runs, f.Example
		if f.Kind == Input {
			g.Error = f.Error // it may name a value
		}
		return g == f
	})
	switch {
	case i >= 0:
		c.report.Findings[i].Runs += f.Runs
	case len(c.report.Findings) < maxFindings:
		c.report.Findings = append(c.report.Findings, f)
	}
}

func (c *checking) say() {
	if time.Since(c.said) < patience {
		return
	}
	c.said = time.Now()
	_, _ = fmt.Fprintf(c.progress, "%d of %s in flight are checked\n", c.report.Checked, count(c.report.Runs))
}
