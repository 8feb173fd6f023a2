package events

import (
	"context"
	"fmt"
)

// keepRuns is how long the ledger remembers the runs of an event that is done, so
// that the event is known when it comes again: from outside, or because Inngest, which
// knows an event for 24 hours, delivers it again.
const (
	keepRuns   = "48 hours"
	pruneBatch = 1000
)

// forget deletes some of the runs that are old enough, oldest first, but for those
// of events that are still in the outbox.
const forget = `
	DELETE FROM event_run WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM event_run AS r
		WHERE due_at < now() - interval '` + keepRuns + `' AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.id = r.event_id)
		ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
	))`

// prune deletes from the ledger what need not be remembered. Any number of processes
// may do so at once: they share the work.
func (b *Bus) prune(ctx context.Context) error {
	for {
		tag, err := b.db.Exec(ctx, forget, pruneBatch)
		if err != nil {
			return fmt.Errorf("prune the ledger: %w", err)
		}
		if tag.RowsAffected() < pruneBatch {
			return nil
		}
	}
}
