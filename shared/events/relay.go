package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	park = `UPDATE outbox SET next_at = 'infinity' WHERE id = ANY($1)`
	// taken makes an event be looked at again after the time $2, then twice that and
	// so on to an hour.
	taken = `UPDATE outbox SET state = 'sent', sends = sends + 1, attempts = 0, last_error = NULL,
			sent_at = coalesce(sent_at, clock_timestamp()),
			next_at = clock_timestamp() + least($3::interval, $2::interval * 2 ^ least(sends, 20))
		WHERE id = ANY($1)`
	// failed makes the next attempt wait for 1 s, then 2, 4 and so on to a minute,
	// each less up to a half by chance.
	failed = `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
		next_at = clock_timestamp() + interval '1 second' * least(60, 2 ^ least(attempts, 10)) * (1 - random() / 2)
		WHERE id = ANY($1)`
)

// batch deals with the events that are due, as many as one request takes, and
// returns how many they are. The error says why going on is of no use now.
//
// They stay locked meanwhile, so that no other relay deals with them too. Should
// the process or a connection die after Inngest took them, they are sent again under
// the same ids.
func (r *relay) batch(ctx context.Context) (int, error) {
	var b batch
	var failure error
	err := r.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		b = batch{}
		if b.all, err = read(ctx, tx); err != nil || len(b.all) == 0 {
			return err
		}
		if err := r.sort(ctx, tx, &b); err != nil {
			return err
		}
		if b.send, err = load(ctx, tx, b.send); err != nil {
			return err
		}
		failure = r.deliver(ctx, &b, b.send)
		if ctx.Err() != nil {
			return ctx.Err() // it is not Inngest that failed
		}
		return r.write(ctx, tx, &b, failure)
	})
	if err == nil {
		r.count(&b)
		err = r.leaveQueues(ctx, &b)
	}
	if err != nil {
		return 0, fmt.Errorf("read the outbox: %w", err)
	}
	return len(b.all), failure
}

// count counts what has become of the batch.
func (r *relay) count(b *batch) {
	for _, m := range b.taken {
		if m.sent {
			r.metrics.resent.Inc()
		} else {
			r.metrics.sent.Inc()
		}
	}
	for _, d := range b.dead {
		r.metrics.dead.WithLabelValues(d.why).Inc()
	}
	if len(b.failed) > 0 {
		r.metrics.failures.Inc()
	}
}

// deliver sends the events and sorts them into those that Inngest took, those that
// it refuses, and those that are not known to be either because sending failed.
func (r *relay) deliver(ctx context.Context, b *batch, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	began := time.Now()
	err := r.send(ctx, messages)
	r.metrics.sending.Observe(time.Since(began).Seconds())
	var refused *refusedError
	switch {
	case err == nil:
		b.taken = append(b.taken, messages...)
	case !errors.As(err, &refused):
		b.failed = append(b.failed, messages...)
	case len(messages) == 1:
		b.dead = append(b.dead, dying{messages[0], refused.Error(), deadRefused})
		return nil
	default: // one of them may be why all were refused
		half := len(messages) / 2
		if err := r.deliver(ctx, b, messages[:half]); err != nil {
			b.failed = append(b.failed, messages[half:]...)
			return err
		}
		return r.deliver(ctx, b, messages[half:])
	}
	return err
}

// write writes what has become of the batch, but for the events that leave a queue.
func (r *relay) write(ctx context.Context, tx pgx.Tx, b *batch, failure error) error {
	var w pgx.Batch
	add := func(messages []message, statement string, args ...any) {
		if ids := idsOf(messages); len(ids) > 0 {
			w.Queue(statement, append([]any{ids}, args...)...)
		}
	}
	add(b.parked, park)
	add(b.taken, taken, r.resend, maxResend)
	if failure != nil {
		add(b.failed, failed, failure.Error())
	}
	add(unkeyed(b.done), `DELETE FROM outbox WHERE id = ANY($1)`)
	if len(b.later.ids) > 0 {
		w.Queue(`UPDATE outbox AS o SET next_at = clock_timestamp() + l.after
			FROM unnest($1::uuid[], $2::interval[]) AS l (id, after) WHERE o.id = l.id`, b.later.ids, b.later.after)
	}
	for _, d := range b.dead {
		r.log.ErrorContext(ctx, "event is dead; see router events ls", slog.String("id", d.ID.String()),
			slog.String("name", d.Name), slog.String("reason", d.reason))
		if d.key == "" {
			w.Queue(die, d.ID, d.reason)
		}
	}
	if w.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &w).Close()
}

const die = `UPDATE outbox SET state = 'dead', next_at = 'infinity', last_error = $2 WHERE id = $1`

// leaveQueues does for events with a key what write did for the others, in a
// transaction for each: nobody waits for a queue while he holds another.
func (r *relay) leaveQueues(ctx context.Context, b *batch) error {
	for _, m := range b.done {
		if m.key != "" {
			if err := r.leave(ctx, m, `DELETE FROM outbox WHERE id = $1`); err != nil {
				return err
			}
		}
	}
	for _, d := range b.dead {
		if d.key != "" {
			if err := r.leave(ctx, d.message, die, d.reason); err != nil {
				return err
			}
		}
	}
	return nil
}
