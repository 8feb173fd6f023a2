package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

// shownErrors is how many reasons are said of those for which runs were left alone.
const shownErrors = 5

type runsRetryCmd struct {
	runSelection
	Failed bool
}

func (p *process) runsRetry() *cobra.Command {
	var c runsRetryCmd
	cmd := &cobra.Command{
		Use:   "retry [ID...]",
		Short: "Run again what has failed.",
		Long: `Publishes the event of each run once more, for its function alone, which begins a new run:
from the beginning, with the data as it was. Runs that have failed or were cancelled can be
run again, also when their event has left the outbox. A function that begins no second run
for an event with the same key (Idempotency) does not begin one within a day. Needs
DATABASE_URL alone; running routers do the rest.

Examples:
  router runs retry 01JDTZ7Q4XW8V5M2K9R3C6B1NE
  router runs retry --failed --function jobs/mail --error timeout --since 2h --plan`,
		PreRunE: func(_ *cobra.Command, args []string) error {
			c.IDs = args
			return c.check(c.Failed, "--failed")
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	c.flags(f)
	f.BoolVar(&c.Plan, "plan", false, "Only say how many runs that would be.")
	f.BoolVar(&c.Failed, "failed", false, "All runs that have failed instead.")
	return cmd
}

// run publishes the events of runs once more.
func (c runsRetryCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		ids, err := c.chosen(p, d, string(ledger.Failed))
		if err != nil || c.Plan {
			return err
		}
		n, err := ledger.Repeat(p.Ctx, d, ids...)
		fmt.Fprintf(p.Out, "%s retried.\n", countedRuns(n))
		return fewErrors(err)
	})
}

// chosen returns the ids of the runs that are meant: of those that a filter means the ones
// in this state. It says how many they are if that is all that is wanted.
func (s runSelection) chosen(p *process, d *db.DB, state string) (ids []string, err error) {
	if ids = s.IDs; len(ids) == 0 {
		ids, err = ledger.IDs(p.Ctx, d, s.of(state))
	}
	if s.Plan && err == nil {
		fmt.Fprintf(p.Out, "That would be %s.\n", countedRuns(len(ids)))
	}
	return ids, err
}

// fewErrors returns the first of some errors that were joined, and how many more there are.
func fewErrors(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	all := joined.Unwrap()
	if more := len(all) - shownErrors; more > 0 {
		return errors.Join(append(all[:shownErrors:shownErrors], fmt.Errorf("and %d more like these", more))...)
	}
	return err
}
