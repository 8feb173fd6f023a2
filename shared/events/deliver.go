package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	park = `UPDATE outbox SET next_at = 'infinity' WHERE id = ANY($1) AND state = 'waiting'`
	// taken makes an event be looked at again after the time $2, then twice that and
	// so on to an hour. If nobody listens, no run of it is waited for. $4 is how long
	// Inngest knows an event: after that, sending it counts as the first time.
	taken = `UPDATE outbox AS o SET sends = sends + 1, attempts = 0, last_error = NULL,
			state = CASE WHEN EXISTS (SELECT FROM listener AS l WHERE l.event = o.name) THEN 'sent' ELSE 'begun' END,
			sent_at = CASE WHEN sent_at > clock_timestamp() - $4::interval THEN sent_at ELSE clock_timestamp() END,
			next_at = clock_timestamp() + least($3::interval, $2::interval * 2 ^ least(sends, 20))
		WHERE id = ANY($1) AND state = 'waiting'`
	// failed leaves events where they are, before what was published later.
	failed = `UPDATE outbox SET attempts = attempts + 1, last_error = $2 WHERE id = ANY($1)`
	// passed makes one wait that failed alone, and so may be at fault: for 1 s, later for 2,
	// 4 and so on to a minute. It has failed together with others before.
	passed = `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
			next_at = clock_timestamp() + interval '1 second' * least(60, 2 ^ greatest(0, least(attempts, 18) - 8))
		WHERE id = ANY($1)`
	// resume lets those go that were made to wait for nothing.
	resume = `UPDATE outbox SET next_at = least(created_at, now())
		WHERE state = 'waiting' AND attempts > 0 AND name = ANY($1) AND next_at > now() AND next_at <= now() + interval '1 minute'`
)

// fewPasses is how many events in a row may have failed alone and be at fault. If there are
// more, Inngest is.
const fewPasses = 3

// deliverAll sends what the turn has picked. It takes no longer than [deliverTime].
func (r *relay) deliverAll(ctx context.Context, t *turn) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	return r.deliver(ctx, &t.results, t.picked.send)
}

// deliver sends the events and sorts them into those that Inngest took, those that
// it refuses, and those that are not known to be either because sending failed.
func (r *relay) deliver(ctx context.Context, to *results, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	began := time.Now()
	err := r.send(ctx, messages)
	r.metrics.sending.Observe(time.Since(began).Seconds())
	var refused *refusedError
	switch {
	case err == nil:
		to.taken = append(to.taken, messages...)
	case !errors.As(err, &refused):
		to.failed = append(to.failed, messages...)
	case len(messages) == 1:
		to.dead = append(to.dead, refusal{messages[0], refused.Error()})
		return nil
	default: // one of them may be why all were refused
		half := len(messages) / 2
		if err := r.deliver(ctx, to, messages[:half]); err != nil {
			to.failed = append(to.failed, messages[half:]...)
			return err
		}
		return r.deliver(ctx, to, messages[half:])
	}
	return err
}

// conclude writes what has become of the events that were sent, but for those that leave
// the queue of a key, and what the next relay is to know.
func (r *relay) conclude(ctx context.Context, tx pgx.Tx, t *turn, failure error) error {
	var b pgx.Batch
	if len(t.picked.parked) > 0 {
		b.Queue(park, t.picked.parked)
	}
	r.adapt(&b, t, failure)
	if len(t.results.taken) > 0 {
		b.Queue(taken, idsOf(t.results.taken), r.resend, maxResend, giveUp)
	}
	for _, m := range t.results.taken {
		t.engine.Windows.of(m.Name).InFlight++
	}
	for _, name := range t.picked.full {
		t.engine.Windows.of(name).Full = true
	}
	for _, d := range t.results.dead {
		if d.key == "" {
			b.Queue(die, d.ID, d.reason)
		}
	}
	state, err := json.Marshal(&t.engine)
	if err != nil {
		return err
	}
	if !bytes.Equal(state, t.before) {
		b.Queue(`UPDATE relay SET state = $1`, json.RawMessage(state))
	}
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &b).Close()
}

// adapt makes requests smaller when they fail, until the event is alone that may be why,
// and larger when they succeed.
func (r *relay) adapt(b *pgx.Batch, t *turn, failure error) {
	if len(t.picked.send) == 0 {
		return
	}
	passes := t.engine.Passes
	if t.engine.sent(t.now, failure) {
		b.Queue(allAgain)
		b.Queue(registerAgain)
		if passes > fewPasses {
			b.Queue(resume, t.nameList())
		}
	}
	if failure == nil {
		r.most = min(2*r.most, batchEvents)
		return
	}
	statement := failed
	if answered, _ := errors.AsType[*answerError](failure); answered != nil {
		if len(t.results.failed) == 1 {
			statement = passed
			t.engine.Passes++
		}
		r.most = max(1, len(t.results.failed)/2)
	}
	b.Queue(statement, idsOf(t.results.failed), failure.Error())
}

// refuse makes those events dead that Inngest has refused and that have a key.
func (r *relay) refuse(ctx context.Context, all []refusal) error {
	for _, d := range all {
		if d.key != "" {
			if err := r.leave(ctx, d.ID, d.key, die, d.reason); err != nil {
				return err
			}
		}
	}
	return nil
}

// count counts and logs what has become of the events.
func (r *relay) count(ctx context.Context, t *turn) {
	for _, m := range t.results.taken {
		if m.sent {
			r.metrics.resent.Inc()
		} else {
			r.metrics.sent.Inc()
		}
	}
	if len(t.results.failed) > 0 {
		r.metrics.failures.Inc()
	}
	for _, d := range t.results.dead {
		r.bury(ctx, d.ID.String(), d.Name, d.reason, deadRefused)
	}
	for _, d := range t.settlement.dead {
		r.bury(ctx, d.ID.String(), d.Name, d.neverBegan(), deadNotBegun)
	}
}

func (r *relay) bury(ctx context.Context, id, name, reason, why string) {
	r.metrics.dead.WithLabelValues(why).Inc()
	r.log.ErrorContext(ctx, "event is dead; see router events ls",
		slog.String("id", id), slog.String("name", name), slog.String("reason", reason))
}
