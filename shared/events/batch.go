package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A batch is at most this many events, and ends with the one that makes it larger
// than this many bytes.
const (
	batchEvents = 500
	batchBytes  = 1 << 20
)

// batch deals with the rows that are due, as many as one request takes, and returns
// how many. The error says why sending at all is of no use now.
//
// It is one transaction: the rows stay locked, so that no other relay deals with
// them too. Should the process or a connection die after Inngest took them, they are
// sent again under the same ids.
func (r *relay) batch(ctx context.Context) (int, error) {
	var rows []row
	var out result
	err := r.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		rows, out = nil, result{}
		if rows, err = r.claim(ctx, tx); err != nil || len(rows) == 0 {
			return err
		}
		rest, err := r.inOrder(ctx, tx, rows)
		if err != nil {
			return err
		}
		send, err := r.judge(ctx, tx, rest, &out)
		if err != nil {
			return err
		}
		out.failure = r.deliver(ctx, send, &out)
		if ctx.Err() != nil {
			out.failed = nil // not a failure of theirs
		}
		return out.settle(ctx, tx, r.resend)
	})
	if err != nil {
		return 0, fmt.Errorf("read the outbox: %w", err)
	}
	r.note(ctx, out)
	return len(rows), out.failure
}

// deliver sends the rows. Those that Inngest refuses it halves until the culprit is
// alone; the error says why sending at all is of no use now.
func (r *relay) deliver(ctx context.Context, rows []row, out *result) error {
	if len(rows) == 0 {
		return nil
	}
	var refused *refusedError
	err := r.send(ctx, rows)
	switch {
	case err == nil:
		out.took(rows)
		return nil
	case !errors.As(err, &refused):
		out.failed = append(out.failed, rows...)
		return err
	case len(rows) == 1:
		out.bury(rows[0], refused.Error())
		r.metrics.refused.Inc()
		return nil
	}
	half := len(rows) / 2
	if err := r.deliver(ctx, rows[:half], out); err != nil {
		return err // the other half is as it was
	}
	return r.deliver(ctx, rows[half:], out)
}

// result is what became of the rows of a batch.
type result struct {
	taken   []row // by Inngest; some runs have to end yet
	gone    []uuid.UUID
	freed   []string // keys whose heads are done or dead
	dead    []row
	reasons []string
	lost    []row // done, but for runs that were lost
	losses  []string
	looks   []uuid.UUID
	times   []time.Time
	failed  []row
	failure error
}

// took notes that Inngest has taken the rows.
func (o *result) took(rows []row) {
	for _, w := range rows {
		if w.awaited {
			o.taken = append(o.taken, w)
		} else {
			o.finish(w)
		}
	}
}

func (o *result) finish(w row) {
	o.gone = append(o.gone, w.id)
	o.free(w)
}

func (o *result) bury(w row, why string) {
	o.dead, o.reasons = append(o.dead, w), append(o.reasons, why)
	o.free(w)
}

func (o *result) free(w row) {
	if w.key != "" {
		o.freed = append(o.freed, w.key)
	}
}

const (
	deleteDone = `DELETE FROM outbox WHERE id = ANY($1)`
	markSent   = `UPDATE outbox SET state = 'sent', sends = sends + 1, attempts = 0, last_error = NULL,
		sent_at = clock_timestamp(), first_sent_at = coalesce(first_sent_at, clock_timestamp()),
		next_at = clock_timestamp() + least(interval '1 hour', $2::interval * 2 ^ least(sends, 20),
			CASE WHEN key IS NOT NULL THEN interval '1 second' END)
		WHERE id = ANY($1)`
	markDead = `UPDATE outbox SET state = 'dead', next_at = 'infinity', last_error = d.why
		FROM unnest($1::uuid[], $2::text[]) AS d (id, why) WHERE outbox.id = d.id`
	lookAgain = `UPDATE outbox SET next_at = l.at
		FROM unnest($1::uuid[], $2::timestamptz[]) AS l (id, at) WHERE outbox.id = l.id`
	// failed makes the next attempt wait for 1 s, then 2 and so on to 5, each less up
	// to a half by chance: the relay itself waits, too, and others take their turns.
	markFailed = `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
		next_at = clock_timestamp() + interval '1 second' * least(5, 2 ^ least(attempts, 10)) * (1 - random() / 2)
		WHERE id = ANY($1)`
)

// settle writes the result.
func (o *result) settle(ctx context.Context, tx pgx.Tx, every time.Duration) error {
	var batch pgx.Batch
	queue(&batch, deleteDone, o.gone)
	queue(&batch, markSent, idsOf(o.taken), every)
	queue(&batch, markDead, idsOf(o.dead), o.reasons)
	queue(&batch, lookAgain, o.looks, o.times)
	if o.failure != nil {
		queue(&batch, markFailed, idsOf(o.failed), o.failure.Error())
	}
	queue(&batch, release, o.freed)
	return tx.SendBatch(ctx, &batch).Close()
}

// note counts and logs the result, which has been written.
func (r *relay) note(ctx context.Context, o result) {
	for i, w := range o.dead {
		r.metrics.dead.Inc()
		r.log.ErrorContext(ctx, "event given up; see router events ls --state dead",
			slog.String("id", w.id.String()), slog.String("name", w.name), slog.String("error", o.reasons[i]))
	}
	for i, w := range o.lost {
		r.log.WarnContext(ctx, "event is taken for done, but a run was lost or cancelled",
			slog.String("id", w.id.String()), slog.String("name", w.name), slog.String("lost", o.losses[i]))
	}
}

func idsOf(rows []row) []uuid.UUID {
	ids := make([]uuid.UUID, len(rows))
	for i, w := range rows {
		ids[i] = w.id
	}
	return ids
}
