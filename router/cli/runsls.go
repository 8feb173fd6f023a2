package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchyard/router/internal/tool"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

type runsLsCmd struct {
	State string
	runFilter
	Limit int
	JSON  bool
}

func (p *process) runsLs() *cobra.Command {
	var c runsLsCmd
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the runs of jobs and schedules.",
		Long: `Lists the runs of jobs and schedules, newest first: those that go on, and those that
ended within RUNS_KEEP_FOR, up to RUNS_KEEP of them. Needs DATABASE_URL alone.

Examples:
  router runs ls --state failed --since 2h
  router runs ls --function jobs/mail --error timeout --json`,
		Args:    cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error { return atLeastOne(c.Limit) },
		RunE:    func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.Var(tool.OneOf(&c.State, "running", "done", "failed", "cancelled"), "state", "Only those in this `STATE`: running, done, failed or cancelled.")
	c.flags(f)
	f.IntVar(&c.Limit, "limit", 100, "At most `N` of them.")
	f.BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	return cmd
}

// run lists the runs.
func (c runsLsCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		all, err := ledger.List(p.Ctx, d, c.of(c.State), c.Limit)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(p.Out, append([]ledger.Past{}, all...))
		}
		if len(all) == 0 {
			fmt.Fprintln(p.Out, "There are none.")
			return nil
		}
		if err := p.printRuns(all); err != nil {
			return err
		}
		if len(all) == c.Limit {
			fmt.Fprintf(p.Out, "There may be more than these %d: --limit shows them.\n", c.Limit)
		}
		return nil
	})
}

func (p *process) printRuns(all []ledger.Past) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tFUNCTION\tEVENT\tSTATE\tBEGAN\tTOOK\tERROR")
	for _, r := range all {
		event := short(r.Events[0].Name, 40)
		if more := len(r.Events) - 1; more > 0 {
			event += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s ago\t%s\t%s\n", plain(r.ID), r.Function, dash(event), r.State,
			age(r.BegunAt), took(r), dash(short(r.Error, 80)))
	}
	return w.Flush()
}

// took says how long a run went on, or does by now.
func took(r ledger.Past) string {
	end := time.Now()
	if r.EndedAt != nil {
		end = *r.EndedAt
	}
	if d := end.Sub(r.BegunAt); d < 10*time.Second {
		return max(0, d).Round(time.Millisecond).String()
	}
	return rough(end.Sub(r.BegunAt))
}
