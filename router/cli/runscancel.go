package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/router/internal/durable/api"
	"switchyard/router/internal/durable/signing"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
)

type runsCancelCmd struct {
	runSelection
	Running bool
}

func (p *process) runsCancel() *cobra.Command {
	var c runsCancelCmd
	cmd := &cobra.Command{
		Use:   "cancel [ID...]",
		Short: "End runs that go on.",
		Long: `Ends runs that go on, sleep or wait. A run that is called at this moment may pass one step
more. Its event does not wait for it any more, and the next of its key goes. Needs
DATABASE_URL; with the variables of jobs, or INNGEST_DEV in development, Inngest is told
too, so that it frees what it holds for the run. Without, a run that sleeps stays there
until it wakes, and ends then.

Examples:
  router runs cancel 01JDTZ7Q4XW8V5M2K9R3C6B1NE
  router runs cancel --running --function jobs/report --until 1d --plan`,
		PreRunE: func(_ *cobra.Command, args []string) error {
			c.IDs = args
			return c.check(c.Running, "--running")
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	c.flags(f)
	f.BoolVar(&c.Plan, "plan", false, "Only say how many runs that would be.")
	f.BoolVar(&c.Running, "running", false, "All runs that go on instead.")
	return cmd
}

// run ends runs.
func (c runsCancelCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		ids, err := c.chosen(p, d, ledger.Running)
		if err != nil || c.Plan {
			return err
		}
		ended, refused, err := cancelAll(p.Ctx, d, ids)
		fmt.Fprintf(p.Out, "%s cancelled.\n", countedRuns(len(ended)))
		if err != nil {
			return err
		}
		p.tellInngest(ended)
		return fewErrors(errors.Join(refused...))
	})
}

// cancelAll cancels runs, but those that it returns a reason of each not to.
func cancelAll(ctx context.Context, d *db.DB, ids []string) (ended []string, refused []error, err error) {
	for _, id := range ids {
		switch err := ledger.Cancel(ctx, d, id, "cancelled by router runs cancel"); {
		case err == nil:
			ended = append(ended, id)
		case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
			refused = append(refused, err)
		default:
			return ended, refused, err
		}
	}
	return ended, refused, nil
}

// tellInngest has Inngest free the runs, and says so if it does not.
func (p *process) tellInngest(ids []string) {
	if len(ids) == 0 {
		return
	}
	client, err := p.inngest()
	untold := 0
	for i, id := range ids {
		if err == nil {
			err = client.Cancel(p.Ctx, id)
		}
		if _, refused := errors.AsType[api.RefusedError](err); refused && i < len(ids)-1 {
			untold, err = untold+1, nil // it may take the others
		} else if err != nil {
			untold += len(ids) - i
			break
		}
	}
	if untold > 0 {
		fmt.Fprintf(p.ErrOut, "router: Inngest has not freed %s: what sleeps or waits there ends when it wakes%s\n", countedRuns(untold), because(err))
	}
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// inngest returns a client of the Inngest that the environment names.
func (p *process) inngest() (*api.Client, error) {
	r := config.NewReader(p.Getenv)
	jobs := config.Read[config.Jobs](r)
	if err := r.Err(); err != nil {
		return nil, err
	}
	// A development server takes any key.
	keys := signing.Keys{Current: cmp.Or(jobs.SigningKey.Reveal(), "00"), Fallback: jobs.SigningKeyFallback.Reveal()}
	return api.New(jobs.Server(), keys), nil
}
