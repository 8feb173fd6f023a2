package events

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// settled is how many events a turn looks at that Inngest has: all that are in flight,
// unless more are from the time before there were windows, and so many of the others.
const (
	settleSent  = maxInFlight
	settleBegun = 500
)

// findTaken finds the events in flight, and those to be looked at again, and how far they
// have come. An event that repeats another one is known by that one's runs.
const findTaken = `
	SELECT o.id, o.name, coalesce(o.key, ''), o.state, coalesce(missing.functions, ''), coalesce(missing.told, ''), coalesce(missing.unknown, false),
		runs.begun > 0, runs.running > 0, coalesce(now() - runs.due, '0'), now() - coalesce(o.sent_at, now()), o.next_at <= now()
	FROM (
		(SELECT * FROM outbox WHERE state = 'sent' ORDER BY name, sent_at LIMIT $1)
		UNION ALL
		(SELECT * FROM outbox WHERE state = 'begun' AND next_at <= now() ORDER BY next_at LIMIT $2)
	) AS o, LATERAL (
		SELECT string_agg(function, ', ' ORDER BY function) AS functions,
			string_agg(function, ', ' ORDER BY function) FILTER (WHERE since <= o.sent_at) AS told,
			bool_and(NOT isfinite(since)) AS unknown
		FROM listener AS l WHERE l.event = o.name AND (o.only IS NULL OR l.function = o.only)
			AND NOT EXISTS (SELECT FROM event_run AS r WHERE r.event_id = coalesce(o.repeats, o.id) AND r.function = l.function
				AND (o.only IS NULL OR r.begun_at >= o.created_at))
	) AS missing, LATERAL (
		SELECT count(*) AS begun, count(*) FILTER (WHERE outcome IS NULL) AS running,
			min(due_at) FILTER (WHERE outcome IS NULL) AS due
		FROM event_run WHERE event_id = coalesce(o.repeats, o.id)
			AND (o.only IS NULL OR function = o.only AND begun_at >= o.created_at)
	) AS runs`

// takenEvent is an event that Inngest has.
type takenEvent struct {
	ID    uuid.UUID
	Name  string
	Key   string // "" for none
	State State
	progress
}

func scanTaken(row pgx.CollectableRow) (t takenEvent, err error) {
	err = row.Scan(&t.ID, &t.Name, &t.Key, &t.State, &t.Missing, &t.Told, &t.Unknown, &t.Begun, &t.Running, &t.Overdue, &t.SinceSent, &t.Due)
	return t, err
}

// settlement is what becomes of the events that Inngest has.
type settlement struct {
	begun []uuid.UUID
	again []uuid.UUID  // to be sent once more
	done  []takenEvent // to be deleted
	dead  []takenEvent
	later struct { // to be looked at again, each after a time of its own
		ids   []uuid.UUID
		after []time.Duration
	}
	unheard  []string       // keys of those in flight that nobody listens to any more
	keyed    bool           // events of keys are written to that stay
	inFlight map[string]int // by name: what still is
	started  map[string]int // by name: what was, and has begun
}

// settle decides what becomes of each event. While Inngest does not begin runs, nothing is
// sent again or given up.
func (r *relay) settle(ctx context.Context, all []takenEvent, works bool) *settlement {
	s := &settlement{inFlight: map[string]int{}, started: map[string]int{}}
	for _, t := range all {
		what, after := decide(t.State, t.progress)
		if !works && (what == send || what == dead) {
			what = leave
		}
		if t.State == Sent && t.Begun {
			s.started[t.Name]++
		} else if t.State == Sent && what != dead {
			s.inFlight[t.Name]++
		}
		s.keyed = s.keyed || t.Key != "" && (what == send || what == begin || what == lookLater)
		switch what {
		case leave:
		case send:
			s.again = append(s.again, t.ID)
		case begin:
			s.begun = append(s.begun, t.ID)
		case lookLater:
			s.later.ids, s.later.after = append(s.later.ids, t.ID), append(s.later.after, after)
			if t.State == Sent && t.Key != "" {
				s.unheard = append(s.unheard, t.Key)
			}
		case lost:
			r.log.WarnContext(ctx, "a run has not been heard of for a day: it was cancelled, or Inngest has lost it",
				slog.String("id", t.ID.String()), slog.String("name", t.Name))
			s.done = append(s.done, t)
		case done:
			s.done = append(s.done, t)
		case dead:
			s.dead = append(s.dead, t)
		}
	}
	return s
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

const (
	markBegun = `UPDATE outbox SET state = 'begun' WHERE id = ANY($1) AND state = 'sent'`
	// sendAgain puts events before those that were published later.
	sendAgain = `UPDATE outbox SET state = 'waiting', next_at = least(created_at, now()) WHERE id = ANY($1) AND state IN ('sent', 'begun')`
	// allAgain does so with all that is in flight.
	allAgain = `UPDATE outbox SET state = 'waiting', next_at = least(created_at, now()) WHERE state = 'sent'`
	// lookAgain also has one wait in flight no more to which nobody listens any more.
	lookAgain = `UPDATE outbox AS o SET state = 'begun', next_at = clock_timestamp() + l.after
		FROM unnest($1::uuid[], $2::interval[]) AS l (id, after) WHERE o.id = l.id AND o.state IN ('sent', 'begun')`
	deleteDone = `DELETE FROM outbox WHERE id = ANY($1)`
	die        = `UPDATE outbox SET state = 'dead', next_at = 'infinity', last_error = $2 WHERE id = $1`
)

// queue writes what becomes of the events, but for those that leave the queue of a key.
func (s *settlement) queue(b *pgx.Batch) {
	if len(s.begun) > 0 {
		b.Queue(markBegun, s.begun)
	}
	if len(s.again) > 0 {
		b.Queue(sendAgain, s.again)
	}
	if len(s.later.ids) > 0 {
		b.Queue(lookAgain, s.later.ids, s.later.after)
	}
	var done []uuid.UUID
	for _, t := range s.done {
		if t.Key == "" {
			done = append(done, t.ID)
		}
	}
	if len(done) > 0 {
		b.Queue(deleteDone, done)
	}
	for _, t := range s.dead {
		if t.Key == "" {
			b.Queue(die, t.ID, t.neverBegan())
		}
	}
}

func (t takenEvent) neverBegan() string {
	return "no run of " + cmp.Or(t.Told, t.Missing) + " has begun within a day"
}

// leaveQueues does for events with a key what queue did for the others, in a transaction
// for each, so that none waits for a queue while it holds another. What waits behind events
// that nobody listens to goes on, too.
func (r *relay) leaveQueues(ctx context.Context, t *turn) error {
	for _, e := range t.settlement.done {
		if e.Key != "" {
			if err := r.leave(ctx, e.ID, e.Key, `DELETE FROM outbox WHERE id = $1`); err != nil {
				return err
			}
		}
	}
	for _, e := range t.settlement.dead {
		if e.Key != "" {
			if err := r.leave(ctx, e.ID, e.Key, die, e.neverBegan()); err != nil {
				return err
			}
		}
	}
	for _, key := range t.unheard() {
		if err := r.advance(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
