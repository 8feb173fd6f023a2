package events

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// batch is a number of events that one relay deals with at a time, sorted by what
// becomes of them.
type batch struct {
	all    []message
	send   []message // now
	taken  []message // by Inngest
	failed []message // sending them did, for a reason that is not theirs
	parked []message // not the first of their key
	done   []message
	dead   []dying
	later  struct { // to be looked at again, each after a time of its own
		ids   []uuid.UUID
		after []time.Duration
	}
}

// dying is an event that will not be sent any more.
type dying struct {
	message
	reason string // for people
	why    string // for metrics
}

// findProgress asks how far events have come that Inngest has taken.
const findProgress = `
	SELECT o.id,
		coalesce((SELECT string_agg(l.function, ', ' ORDER BY l.function) FROM listener AS l
			WHERE l.event = o.name AND NOT EXISTS (SELECT FROM event_run AS r WHERE r.event_id = o.id AND r.function = l.function)), ''),
		EXISTS (SELECT FROM listener AS l WHERE l.event = o.name) OR runs.known,
		runs.running, coalesce(now() - runs.due, '0'), now() - coalesce(o.sent_at, now()),
		CASE sends WHEN 1 THEN coalesce(runs.begun - o.sent_at, '0') ELSE '0' END
	FROM outbox AS o, LATERAL (
		SELECT count(*) > 0 AS known, count(*) FILTER (WHERE outcome IS NULL) > 0 AS running,
			min(due_at) FILTER (WHERE outcome IS NULL) AS due, min(begun_at) AS begun
		FROM event_run WHERE event_id = o.id
	) AS runs
	WHERE o.id = ANY($1)`

// sort decides what becomes of each event of the batch.
func (r *relay) sort(ctx context.Context, tx pgx.Tx, b *batch) error {
	known, err := progressOf(ctx, tx, b.all)
	if err != nil {
		return err
	}
	for _, m := range b.all {
		r.pace.learn(m.Name, known[m.ID])
	}
	for _, m := range b.all {
		s, sent := known[m.ID]
		if !sent {
			if m.behind {
				b.parked = append(b.parked, m)
			} else {
				b.send = append(b.send, m)
			}
			continue
		}
		switch decision, after := decide(s, r.pace.slow(m.Name, r.resend)); decision {
		case send:
			b.send = append(b.send, m)
		case lookLater:
			b.later.ids, b.later.after = append(b.later.ids, m.ID), append(b.later.after, after)
		case lost:
			r.log.WarnContext(ctx, "a run has not been heard of for a day: it was cancelled, or Inngest has lost it",
				slog.String("id", m.ID.String()), slog.String("name", m.Name))
			b.done = append(b.done, m)
		case done:
			b.done = append(b.done, m)
		case dead:
			b.dead = append(b.dead, dying{m, "no run of " + s.Missing + " has begun within a day", deadNotBegun})
		}
	}
	return nil
}

// progressOf returns that of those of the messages that Inngest has taken.
func progressOf(ctx context.Context, tx pgx.Tx, messages []message) (map[uuid.UUID]progress, error) {
	known := map[uuid.UUID]progress{}
	var ids []uuid.UUID
	for _, m := range messages {
		if m.sent {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return known, nil
	}
	rows, err := tx.Query(ctx, findProgress, ids)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	var s progress
	_, err = pgx.ForEachRow(rows, []any{&id, &s.Missing, &s.Known, &s.Running, &s.Overdue, &s.SinceSent, &s.Delay}, func() error {
		known[id] = s
		return nil
	})
	return known, err
}

func idsOf(messages []message) []uuid.UUID {
	ids := make([]uuid.UUID, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	return ids
}

func unkeyed(messages []message) []message {
	var without []message
	for _, m := range messages {
		if m.key == "" {
			without = append(without, m)
		}
	}
	return without
}
