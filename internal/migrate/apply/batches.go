package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/backoff"
	"switchyard/internal/migrate/plan"
	"switchyard/shared/fault"
)

const (
	// A batch is to change so many rows, and to take so long, at most.
	batchRows = 1000
	batchTime = 200 * time.Millisecond
	// pages of 8 kB.
	firstPages, mostPages = 16, 8192
	// passes is how often a table is gone through before it is said not to end.
	passes = 20
)

// walk goes through a table in batches.
type walk struct {
	*runner
	try     *try
	batch   plan.Batch
	pages   int64 // of the next batch
	waits   bool  // for rows that somebody has locked; else they are left for the next pass
	changed int64 // rows
	percent int64 // of the pages of the table, or of its partition
}

// batches fills rows, a range of pages of the table in a transaction each, and rests for as
// long as that took. Rows that others move or lock meanwhile are met by another pass.
func (r *runner) batches(ctx context.Context, s plan.Step) error {
	r.announce(s.SQL)
	w := &walk{runner: r, try: begin(s), batch: *s.Batch, pages: firstPages}
	w.try.progress = func(context.Context) string { return fmt.Sprintf("%d rows, %d %%", w.changed, w.percent) }
	if err := w.all(ctx); err != nil {
		return r.failed(ctx, s, w.try, explain(summary(s.SQL), err))
	}
	if time.Since(w.try.began) > slow {
		r.say("  %d rows", w.changed)
	}
	return r.did(ctx, r.conn, s, w.try, nil)
}

// all passes over the table until no row is left.
func (w *walk) all(ctx context.Context) error {
	for range passes {
		before := w.changed
		if err := w.pass(ctx); err != nil {
			return err
		}
		var left bool
		if err := w.conn.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT FROM %s WHERE %s)", w.batch.Table, w.batch.Where)).Scan(&left); err != nil || !left {
			return err
		}
		if w.waits && w.changed == before {
			break
		}
		w.waits = w.changed == before // they are all locked
	}
	return fault.New(fault.Conflict, "%s: it does not end: after %d rows were changed there are still rows with %s, because it leaves them so, or somebody writes such rows all the time",
		summary(w.try.step.SQL), w.changed, w.batch.Where)
}

// Of tables that have others below them each one is gone through by itself: a place in one
// of them (ctid) is one in the others too.
const partsQuery = `
WITH RECURSIVE part AS (
	SELECT $1::regclass::oid AS id
	UNION SELECT inhrelid FROM pg_inherits JOIN part ON inhparent = id
)
SELECT format('%I.%I', n.nspname, c.relname), pg_relation_size(c.oid) / current_setting('block_size')::bigint + 1
FROM part JOIN pg_class c ON c.oid = id JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' ORDER BY c.oid`

type part struct {
	table string
	pages int64
}

// pass goes through the table once.
func (w *walk) pass(ctx context.Context) error {
	rows, err := w.conn.Query(ctx, partsQuery, pgx.QueryExecModeExec, w.batch.Table)
	if err != nil {
		return err
	}
	parts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p part, err error) {
		err = row.Scan(&p.table, &p.pages)
		return p, err
	})
	if err != nil {
		return err
	}
	for _, p := range parts {
		for at := int64(0); at < p.pages; {
			w.percent = 100 * at / p.pages
			to := at + w.pages
			if err := w.fill(ctx, p.table, at, to); err != nil {
				return err
			}
			at = to
		}
	}
	return nil
}

// fill changes the rows on the pages from at to below to, and works out how many the next
// ones are.
func (w *walk) fill(ctx context.Context, table string, at, to int64) error {
	locked := " SKIP LOCKED"
	if w.waits {
		locked = ""
	}
	sql := fmt.Sprintf(`UPDATE ONLY %[1]s SET %[2]s WHERE (%[3]s) AND ctid = ANY (ARRAY(
	SELECT ctid FROM ONLY %[1]s WHERE ctid >= '(%[4]d,0)' AND ctid < '(%[5]d,0)' AND (%[3]s) FOR NO KEY UPDATE%[6]s))`,
		table, w.batch.Set, w.batch.Where, at, to, locked)
	var n int64
	var took time.Duration
	err := w.insist(ctx, w.try, func() error {
		start := time.Now()
		tag, err := w.exec(ctx, w.try, sql)
		n, took = tag.RowsAffected(), time.Since(start)
		return err
	})
	if err != nil {
		return err
	}
	w.changed += n
	w.pages = next(w.pages, n, took)
	w.progress(ctx, w.try)
	if !backoff.Sleep(ctx, took) {
		return ctx.Err()
	}
	return nil
}

// next returns how many pages a batch takes after one of so many that has changed n rows.
func next(pages, n int64, took time.Duration) int64 {
	most := 2 * pages
	if n > 0 {
		most = min(most, pages*batchRows/n)
	}
	if took > 0 {
		most = min(most, int64(float64(pages)*float64(batchTime)/float64(took)))
	}
	return min(max(most, 1), mostPages)
}
