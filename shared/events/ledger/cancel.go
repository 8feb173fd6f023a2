package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// Cancel ends the run id as far as we are concerned: when Inngest calls it again, it ends,
// and its events do not wait for it. A step that runs at the moment is not stopped, and
// between two of them one more may run. A run that has ended is fault.Conflict, one that
// is not known fault.NotFound.
func Cancel(ctx context.Context, d *db.DB, id, why string) error {
	p, err := Find(ctx, d, id)
	if err != nil {
		return err
	}
	if p.State != Running {
		return fault.New(fault.Conflict, "The run %s has ended: %s.", id, p.State)
	}
	run := Run{Function: p.Function, ID: id, Error: why}
	for _, e := range p.Events {
		run.Events = append(run.Events, e.ID)
	}
	if err := New(d).End(ctx, run, Cancelled); err != nil {
		return err
	}
	return release(ctx, d, run.Events)
}

// release has the relay look whether events are done that wait for nothing any more.
func release(ctx context.Context, d *db.DB, events []uuid.UUID) error {
	_, err := d.Exec(ctx, `WITH due AS (
			UPDATE outbox SET next_at = now() WHERE state = 'begun' AND (id = ANY($1) OR repeats = ANY($1))
		) SELECT pg_notify('outbox', '')`, events)
	if err != nil {
		return fmt.Errorf("look at the events of a cancelled run: %w", err)
	}
	return nil
}
