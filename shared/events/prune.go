package events

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchyard/shared/config"
)

const (
	// defaultKeep is how many ended runs are remembered with their steps if nobody says so.
	defaultKeep = 100_000
	pruneBatch  = 1000
)

// memory is what is remembered of runs that have ended. The newest keep of them have their
// steps; they are forgotten after keepFor, and those that are not among the newest after
// [config.MinKeepFor]: until then an event is known when it comes again, from outside, or
// because Inngest, which knows an event for 24 hours, delivers it again. Runs that go on,
// and those of events that are in the outbox, are never forgotten; one that is overdue for
// [config.MinKeepFor] goes on no more.
type memory struct {
	keepFor time.Duration
	keep    int

	mu      sync.Mutex
	trimmed time.Time // runs that ended before have no steps any more
}

const (
	// nowAndOldest is the database's time, and when the oldest of the newest $1 runs ended.
	nowAndOldest = `SELECT now(), coalesce((
		SELECT due_at FROM event_run WHERE outcome IS NOT NULL ORDER BY due_at DESC OFFSET $1 LIMIT 1), to_timestamp(0))`

	// forget deletes some of the runs that ended before $2, oldest first, and their steps.
	forget = `
	WITH gone AS (
		DELETE FROM event_run WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM event_run AS r
			WHERE due_at < $2 AND outcome IS NOT NULL
				AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.id = r.event_id)
				AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.repeats = r.event_id)
			ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
		)) RETURNING event_id, run_id
	), steps AS (
		DELETE FROM run_step AS s WHERE run_id = ANY (ARRAY(SELECT run_id FROM gone)) AND NOT EXISTS (
			SELECT FROM event_run AS r WHERE r.run_id = s.run_id
				AND NOT EXISTS (SELECT FROM gone AS g WHERE g.run_id = r.run_id AND g.event_id = r.event_id))
	)
	SELECT count(*) FROM gone`

	// trim deletes the steps of some of the runs that ended from $2 to $3, oldest first. It
	// returns when the last of them ended, or null if there are none.
	trim = `
	WITH old AS (
		SELECT run_id, due_at FROM event_run WHERE outcome IS NOT NULL AND due_at >= $2 AND due_at < $3
		ORDER BY due_at LIMIT $1
	), steps AS (
		DELETE FROM run_step WHERE run_id = ANY (ARRAY(SELECT run_id FROM old))
	)
	SELECT count(*), max(due_at) FROM old`

	// endLost ends some of the runs that were due before $2, longest ago first, and whose event
	// nobody sends again.
	endLost = `
	WITH lost AS (UPDATE event_run SET outcome = 'failed', error = 'Inngest has not called it any more', due_at = now()
	WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM event_run AS r
		WHERE due_at < $2 AND outcome IS NULL
			AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.id = r.event_id)
			AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.repeats = r.event_id)
		ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
	)) RETURNING event_id)
	SELECT count(*) FROM lost`
)

// prune deletes from the ledger what need not be remembered. Any number of processes
// may do so at once: they share the work.
func (b *Bus) prune(ctx context.Context) error {
	var now, oldest time.Time
	err := b.db.QueryRow(ctx, nowAndOldest, b.memory.keep).Scan(&now, &oldest)
	if byAge := now.Add(-b.memory.keepFor); byAge.After(oldest) {
		oldest = byAge
	}
	known := now.Add(-config.MinKeepFor)
	if err == nil {
		err = b.inBatches(ctx, endLost, known)
	}
	if err == nil {
		err = b.inBatches(ctx, forget, earlier(oldest, known))
	}
	if err == nil {
		err = b.trim(ctx, oldest)
	}
	if err != nil {
		return fmt.Errorf("prune the ledger: %w", err)
	}
	return nil
}

// inBatches repeats a statement, which returns with how many rows it has dealt, until there
// are no more.
func (b *Bus) inBatches(ctx context.Context, statement string, before time.Time) error {
	for {
		var n int
		if err := b.db.QueryRow(ctx, statement, pruneBatch, before).Scan(&n); err != nil || n < pruneBatch {
			return err
		}
	}
}

// trim deletes the steps of runs that ended before a time. Where it has been it does not
// look again.
func (b *Bus) trim(ctx context.Context, before time.Time) error {
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	for {
		var n int
		var last *time.Time
		if err := b.db.QueryRow(ctx, trim, pruneBatch, b.memory.trimmed, before).Scan(&n, &last); err != nil {
			return err
		}
		if last != nil {
			b.memory.trimmed = last.Add(time.Microsecond)
		}
		if n < pruneBatch {
			return nil
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
