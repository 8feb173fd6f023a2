package ledger

import (
	"context"
	"fmt"
	"time"
)

// note writes the steps $6 to $10 of the run $3 beside what the statement before it does
// with its rows, which it calls mine.
const note = `, noted AS (
		INSERT INTO run_step AS was (run_id, id, nr, name, op, result)
		SELECT $3, id, nr, name, op, result::json
		FROM unnest($6::text[], $7::integer[], $8::text[], $9::text[], $10::text[]) AS s (id, nr, name, op, result)
		WHERE EXISTS (SELECT FROM mine)
		ON CONFLICT (run_id, id) DO UPDATE
			SET name = coalesce(nullif(excluded.name, ''), was.name), op = coalesce(nullif(excluded.op, ''), was.op),
				result = coalesce(excluded.result, was.result), at = excluded.at
	)`

const goOn = `
	WITH mine AS (
		UPDATE event_run SET error = nullif($5, ''),
			due_at = CASE WHEN $11 THEN greatest(due_at, now() + $4::interval) ELSE now() + $4::interval END
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3 AND outcome IS NULL
		RETURNING event_id
	)` + note + `
	SELECT count(*) FROM mine`

// Continue says that run goes on and will be heard of again within d. It reports whether
// the run holds all of its events.
func (l *Ledger) Continue(ctx context.Context, run Run, d time.Duration) (holds bool, err error) {
	return l.goOn(ctx, run, d, false)
}

// Extend is [Ledger.Continue] beside other calls of run, of which one may have said
// that it will be heard of later.
func (l *Ledger) Extend(ctx context.Context, run Run, d time.Duration) (holds bool, err error) {
	return l.goOn(ctx, run, d, true)
}

func (l *Ledger) goOn(ctx context.Context, run Run, d time.Duration, parallel bool) (holds bool, err error) {
	s := columnsOf(run.Steps)
	var held int
	err = withoutUnfit(s.results, func() error {
		return l.db.QueryRow(ctx, goOn, run.Events, run.Function, run.ID, d, clean(run.Error),
			s.ids, s.nrs, s.names, s.ops, s.results, parallel).Scan(&held)
	})
	if err != nil {
		return false, fmt.Errorf("note that run %s goes on: %w", run.ID, err)
	}
	return held == len(run.Events), nil
}

// end keeps the event's data of a run that may be repeated, since the event may leave the
// outbox. It also has the relay look at the events that others of their key wait for: it
// waits for a relay that is just writing how far they have come, which may have read that
// the run goes on.
const end = `
	WITH mine AS (
		UPDATE event_run AS r SET outcome = $4, due_at = now(), error = nullif($5, ''), data = CASE WHEN $4 <> 'done'
			THEN coalesce(r.data, (SELECT data::json FROM outbox AS o WHERE o.id = r.event_id)) END
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3 AND outcome IS NULL
		RETURNING event_id
	)` + note + `, keyed AS (
		SELECT id FROM outbox WHERE id IN (SELECT event_id FROM mine) AND key IS NOT NULL AND state IN ('waiting', 'sent', 'begun')
	), poked AS (
		UPDATE outbox SET next_at = now() WHERE id IN (
			SELECT id FROM outbox WHERE id IN (SELECT id FROM keyed) AND state IN ('sent', 'begun') ORDER BY id FOR UPDATE
		)
	)
	SELECT pg_notify('outbox', '') FROM keyed LIMIT 1`

// End says that run has ended.
func (l *Ledger) End(ctx context.Context, run Run, how Outcome) error {
	s := columnsOf(run.Steps)
	return withoutUnfit(s.results, func() error {
		tag, err := l.db.Exec(ctx, end, run.Events, run.Function, run.ID, how, clean(run.Error),
			s.ids, s.nrs, s.names, s.ops, s.results)
		if err != nil {
			return fmt.Errorf("note the end of run %s: %w", run.ID, err)
		}
		l.keyed.Add(tag.RowsAffected())
		return nil
	})
}

// Keyed returns how many runs have ended through this ledger for which events of their
// key may have waited.
func (l *Ledger) Keyed() int64 { return l.keyed.Load() }
