package cli

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"switchyard/shared/db"
	"switchyard/shared/events"
)

type eventsRetryCmd struct {
	IDs  []uuid.UUID
	Dead bool
	Name string
}

func (p *process) eventsRetry() *cobra.Command {
	var c eventsRetryCmd
	cmd := &cobra.Command{
		Use:   "retry [ID...]",
		Short: "Send events now, dead ones too.",
		Long: `Makes events due now, also those that are held; running routers send them. A dead one
begins afresh, at the end of its key if it has one; one that waits behind another of its
key goes on waiting.
Inngest ignores an event that it took within the last 24 hours, unless it has lost it.
Needs DATABASE_URL alone.

Examples:
  router events retry 0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b
  router events retry --dead --name order/placed`,
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			if c.IDs, err = eventIDs(args); err != nil {
				return err
			}
			return c.check()
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.Dead, "dead", false, "All dead events instead.")
	f.StringVar(&c.Name, "name", "", "With --dead: only those of this `NAME`.")
	return cmd
}

// eventIDs reads the ids of events.
func eventIDs(texts []string) (ids []uuid.UUID, err error) {
	for _, text := range texts {
		id, err := eventID(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// check says what is wrong with the arguments.
func (c eventsRetryCmd) check() error {
	switch {
	case c.Dead == (len(c.IDs) > 0):
		return errors.New("want either ids or --dead")
	case c.Name != "" && !c.Dead:
		return errors.New("--name: only with --dead")
	}
	return nil
}

// run makes events due.
func (c eventsRetryCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		n, err := c.retry(p, d)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Out, "%s retried.\n", counted(n))
		return nil
	})
}

func (c eventsRetryCmd) retry(p *process, d *db.DB) (int, error) {
	if c.Dead {
		return events.RetryDead(p.Ctx, d, c.Name)
	}
	return len(c.IDs), events.Retry(p.Ctx, d, c.IDs...)
}

type eventsDropCmd struct {
	IDs []uuid.UUID
	Yes bool
}

func (p *process) eventsDrop() *cobra.Command {
	var c eventsDropCmd
	cmd := &cobra.Command{
		Use:   "drop ID...",
		Short: "Delete events from the outbox.",
		Long: `Deletes events from the outbox for good, whatever their state. Runs that have begun go
on. The next event of a key becomes due if the one before it is dropped. Needs
DATABASE_URL alone.

Example:
  router events drop 0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b --yes`,
		Args: cobra.MinimumNArgs(1),
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			c.IDs, err = eventIDs(args)
			return err
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	cmd.Flags().BoolVar(&c.Yes, "yes", false, "Drop them, without which they are only shown.")
	return cmd
}

// run drops events, or shows which it would.
func (c eventsDropCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		if !c.Yes {
			return c.ask(p, d)
		}
		if err := events.Drop(p.Ctx, d, c.IDs...); err != nil {
			return err
		}
		fmt.Fprintf(p.Out, "%s dropped.\n", counted(len(c.IDs)))
		return nil
	})
}

// ask shows what would be dropped.
func (c eventsDropCmd) ask(p *process, d *db.DB) error {
	var rows []events.Row
	for _, id := range c.IDs {
		r, err := events.Find(p.Ctx, d, id)
		if err != nil {
			return err
		}
		rows = append(rows, r)
	}
	if err := p.printRows(rows); err != nil {
		return err
	}
	return errors.New("nothing is dropped; to drop what is listed, add --yes")
}

// counted returns "1 event" or "2 events".
func counted(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}
