package events

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	listenersOf = `SELECT event, function FROM listener WHERE event = ANY($1)`
	runsOf      = `SELECT event_id, function, outcome IS NOT NULL, due_at FROM event_run WHERE event_id = ANY($1)`
	nextDue     = `SELECT extract(epoch FROM next_at - clock_timestamp())::float8 FROM outbox
		WHERE next_at > now() AND next_at < 'infinity' ORDER BY next_at, id LIMIT 1`
	dataOf = `SELECT id, data FROM outbox WHERE id = ANY($1)`
)

// judge looks at those of the rows that were sent, notes in out what becomes of
// them, and returns what is to be sent now.
func (r *relay) judge(ctx context.Context, tx pgx.Tx, rows []row, out *result) ([]row, error) {
	listeners, runs, err := handlers(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	var send []row
	var again []uuid.UUID
	for _, w := range rows {
		w.awaited = len(listeners[w.name])+len(runs[w.id]) > 0
		if w.state == stateWaiting {
			send = append(send, w)
			continue
		}
		v := judge(w.handling(listeners[w.name], runs[w.id]), r.resend, w.now)
		switch v.action {
		case resend:
			send, again = append(send, w), append(again, w.id)
		case look:
			out.looks, out.times = append(out.looks, w.id), append(out.times, v.at)
		case bury:
			out.bury(w, v.why)
		case finish:
			out.finish(w)
			if v.why != "" {
				out.lost, out.losses = append(out.lost, w), append(out.losses, v.why)
			}
		}
	}
	return send, readData(ctx, tx, send, again)
}

func (w row) handling(listeners []string, runs []handled) handling {
	h := handling{keyed: w.key != "", sends: w.sends, listeners: listeners, runs: runs, firstSent: w.now, sent: w.now}
	if w.firstSent != nil && w.sent != nil {
		h.firstSent, h.sent = *w.firstSent, *w.sent
	}
	return h
}

// handlers returns who listens, by the name of the event, and the runs, by its id.
func handlers(ctx context.Context, tx pgx.Tx, rows []row) (map[string][]string, map[uuid.UUID][]handled, error) {
	named := map[string]bool{}
	var names []string
	for _, w := range rows {
		if !named[w.name] {
			named[w.name] = true
			names = append(names, w.name)
		}
	}
	listeners, runs := map[string][]string{}, map[uuid.UUID][]handled{}
	var batch pgx.Batch
	batch.Queue(listenersOf, names).Query(func(rows pgx.Rows) error {
		var event, function string
		_, err := pgx.ForEachRow(rows, []any{&event, &function}, func() error {
			listeners[event] = append(listeners[event], function)
			return nil
		})
		return err
	})
	batch.Queue(runsOf, idsOf(rows)).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var run handled
		_, err := pgx.ForEachRow(rows, []any{&id, &run.function, &run.ended, &run.due}, func() error {
			runs[id] = append(runs[id], run)
			return nil
		})
		return err
	})
	return listeners, runs, tx.SendBatch(ctx, &batch).Close()
}

// readData fills in the data of the rows that are to be sent again.
func readData(ctx context.Context, tx pgx.Tx, rows []row, again []uuid.UUID) error {
	if len(again) == 0 {
		return nil
	}
	found, err := tx.Query(ctx, dataOf, again)
	if err != nil {
		return err
	}
	data := map[uuid.UUID]json.RawMessage{}
	var id uuid.UUID
	var text json.RawMessage
	_, err = pgx.ForEachRow(found, []any{&id, &text}, func() error {
		data[id], text = text, nil
		return nil
	})
	for i, w := range rows {
		if w.state == stateSent {
			rows[i].data = data[w.id]
		}
	}
	return err
}

// nextDue returns how long it is until the next row is due, and at most limit.
func (r *relay) nextDue(ctx context.Context, limit time.Duration) time.Duration {
	var seconds float64
	err := r.db.QueryRow(ctx, nextDue).Scan(&seconds)
	if err != nil {
		return limit // there is none, or there is trouble, which the next batch will show
	}
	return max(min(time.Duration(seconds*float64(time.Second)), limit), time.Millisecond)
}
