package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// relay is one process's part in the sending. One relay works at a time, whichever locks
// the row of the table relay first; what the next needs to know stands there.
type relay struct {
	*Bus
	log *slog.Logger

	made time.Time // when it was last made sure that there is a row to lock
	name string    // the last one of which it has picked events, if there are more behind it
	most int       // events in a request: fewer after one that failed
	own  bool      // publishers may have told only this relay of what the next turn looks for
}

func (b *Bus) newRelay(log *slog.Logger) *relay { return &relay{Bus: b, log: log, most: batchEvents} }

// turn settles what Inngest has, and sends what waits, as much as has room and one request
// takes. The error says why going on is of no use now.
//
// The events are not locked meanwhile. Should the process or a connection die after Inngest
// took them, they are sent again under the same ids.
func (r *relay) turn(ctx context.Context) (*turn, error) {
	t := &turn{}
	var failure error
	err := r.db.InTx(ctx, func(tx pgx.Tx) error {
		*t, failure = turn{began: time.Now()}, nil
		if err := r.lock(ctx, tx, t); err != nil || t.busy {
			return err
		}
		if err := r.look(ctx, tx, t); err != nil {
			return err
		}
		doubt := r.judge(ctx, t)
		if err := r.write(ctx, tx, t, doubt); err != nil {
			return err
		}
		if doubt {
			r.sendCanary(ctx, t)
		}
		failure = r.deliverAll(ctx, t)
		if ctx.Err() != nil {
			return ctx.Err() // it is not Inngest that failed
		}
		return r.conclude(ctx, tx, t, failure)
	})
	if err == nil && t.busy && time.Since(r.made) > keepEvery {
		if _, err = r.db.Exec(ctx, oneRow); err == nil {
			r.made = time.Now()
			return r.turn(ctx)
		}
	}
	if err == nil && !t.busy {
		r.count(ctx, t)
		err = r.leaveQueues(ctx, t)
	}
	if err == nil {
		err = r.refuse(ctx, t.results.dead)
	}
	if err != nil {
		return t, fmt.Errorf("relay the outbox: %w", err)
	}
	return t, failure
}

// lockTime is how long a relay may hold the lock and ask the database nothing. It is longer
// than it talks to Inngest, and less than a minute: one that is frozen holds up nobody for
// longer.
const lockTime = canaryPatience + deliverTime + 5*time.Second

// oneRow makes the row that relays lock.
const oneRow = `INSERT INTO relay DEFAULT VALUES ON CONFLICT DO NOTHING`

// lock takes the lock and reads what relays know, or finds that another relay has it.
func (r *relay) lock(ctx context.Context, tx pgx.Tx, t *turn) error {
	var b pgx.Batch
	// To compile the queries, as PostgreSQL does when much waits, takes far longer than they do.
	b.Queue(`SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('jit', 'off', true)`,
		fmt.Sprint(lockTime.Milliseconds()))
	b.Queue(`SELECT state, clock_timestamp(), EXISTS (SELECT FROM listener WHERE event = $1),
			EXISTS (SELECT FROM event_run WHERE event_id = ANY (ARRAY(SELECT (jsonb_array_elements(state -> 'canaries') ->> 'id')::uuid)))
		FROM relay FOR UPDATE SKIP LOCKED`, Canary).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&t.before, &t.now, &t.listens, &t.sung)
		if errors.Is(err, pgx.ErrNoRows) {
			t.busy = true
			return nil
		}
		return err
	})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil || t.busy {
		return err
	}
	if err := json.Unmarshal(t.before, &t.engine); err != nil {
		t.engine = engine{} // of another release
	}
	if t.engine.Windows == nil {
		t.engine.Windows = windows{}
	}
	return nil
}

// look reads what there is to do. A relay without the lock need not: what wakes one may wake
// all of them.
func (r *relay) look(ctx context.Context, tx pgx.Tx, t *turn) error {
	var b pgx.Batch
	b.Queue(`SELECT coalesce(min(next_at), 'infinity') FROM outbox WHERE state = 'held'`).QueryRow(func(row pgx.Row) error {
		var next pgtype.Timestamptz
		err := row.Scan(&next)
		t.next = next.Time
		return err
	})
	b.Queue(findNames, r.name, namesAtOnce).Query(func(rows pgx.Rows) (err error) {
		t.names, err = pgx.CollectRows(rows, pgx.RowToStructByPos[waitingName])
		return err
	})
	b.Queue(findTaken, settleSent, settleBegun).Query(func(rows pgx.Rows) (err error) {
		t.taken, err = pgx.CollectRows(rows, scanTaken)
		return err
	})
	return tx.SendBatch(ctx, &b).Close()
}

// judge decides what becomes of the events that Inngest has, and what Inngest is to be
// thought of. It reports whether to send a canary.
func (r *relay) judge(ctx context.Context, t *turn) (doubt bool) {
	e := &t.engine
	s := r.settle(ctx, t.taken, e.State != Stuck && e.State != Away)
	t.settlement = s
	inFlight, begun := sum(s.inFlight), sum(s.started)
	e.Windows.measured(t.now, s.inFlight, s.started)
	was := e.State
	waiting := slices.ContainsFunc(t.names, func(n waitingName) bool { return n.Listened && n.Due })
	again, doubt := e.judge(sight{now: t.now, inFlight: inFlight, begun: begun, waiting: waiting, sung: t.sung, listens: t.listens})
	if t.again = again; again {
		clear(s.inFlight)
	}
	r.tell(ctx, t, was, inFlight)
	return doubt
}

// tell logs how Inngest works, when that has changed.
func (r *relay) tell(ctx context.Context, t *turn, was EngineState, inFlight int) {
	switch e := &t.engine; {
	case e.State == Stuck && was != Stuck:
		r.log.ErrorContext(ctx, "Inngest is stuck", slog.String("reason", e.Reason), slog.Int("in_flight", inFlight),
			slog.Duration("for", t.now.Sub(e.Since).Round(time.Second)))
	case was == Stuck && e.State != Stuck:
		r.log.InfoContext(ctx, "Inngest begins runs again; what it has not begun is sent again", slog.Int("in_flight", inFlight))
	}
}

// write writes what becomes of the events that Inngest has, and reads what is to be sent.
// That is nothing if rows are locked by now for which the end of a run may wait: see the
// ledger. The turn must then end soon, and Inngest may take long.
func (r *relay) write(ctx context.Context, tx pgx.Tx, t *turn, doubt bool) error {
	var b pgx.Batch
	if doubt {
		b.Queue(registerAgain)
	}
	t.settlement.queue(&b)
	if t.again {
		b.Queue(allAgain)
	}
	if names, rooms := r.rooms(t); len(names) > 0 && !t.again && !t.settlement.keyed {
		b.Queue(findWaiting, names, rooms, r.most, batchBytes).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, scanWaiting)
			t.picked = pick(found, r.most)
			return err
		})
	}
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &b).Close()
}

// unheardRoom is how many events go in one turn to which nobody listens here: no run shows
// how fast Inngest works them off.
const unheardRoom = 64

// rooms returns how many more events may be sent of each name of the turn. Names that
// nobody listens to share [unheardRoom]. An Inngest that is away is asked by one event of
// each name whether it is back, however full the windows are.
func (r *relay) rooms(t *turn) (names []string, rooms []int) {
	if r.name = ""; len(t.names) == namesAtOnce {
		r.name = t.names[len(t.names)-1].Name
		t.moreNames = true
	}
	left, fewest, unheard := maxInFlight-sum(t.settlement.inFlight), 0, 0
	if t.engine.State == Away {
		fewest = 1
	}
	for _, n := range t.names {
		if n.Due && !n.Listened {
			unheard++
		}
	}
	for _, n := range t.names {
		if !n.Due {
			continue
		}
		room := 0
		switch {
		case t.engine.State == Stuck:
		case !n.Listened:
			room = max(1, unheardRoom/unheard)
		default:
			room = max(fewest, min(t.engine.Windows.of(n.Name).Size-t.settlement.inFlight[n.Name], left))
		}
		names, rooms = append(names, n.Name), append(rooms, room)
	}
	return names, rooms
}

// sendCanary sends a canary. That it cannot be sent is known by other events.
func (r *relay) sendCanary(ctx context.Context, t *turn) {
	ctx, cancel := context.WithTimeout(ctx, canaryPatience)
	defer cancel()
	c := canary{ID: uuid.New(), At: t.now}
	err := r.send(ctx, []message{{ID: c.ID, Name: Canary, Data: json.RawMessage(`{}`), TS: t.now.UnixMilli()}})
	if err == nil {
		t.engine.sang(c)
	}
}
