package snapshot

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

const statSQL = `SELECT n.nspname, c.relname, c.reltuples::bigint, pg_total_relation_size(c.oid)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p')`

// Stat fills in the Stats of the tables of s, which stands for the database of conn. A table
// that is locked for longer than a moment counts as one with rows.
func Stat(ctx context.Context, on Beginner, s *Snapshot) error {
	tx, err := on.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := tx.Query(ctx, statSQL, s.Schemas)
	if err != nil {
		return err
	}
	var n Name
	var stats Stats
	_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &stats.Rows, &stats.Bytes}, func() error {
		if t := s.Table(n); t != nil {
			stats.HasRows = true
			t.Stats = stats
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ask(ctx, tx, s.Tables)
}

// ask asks the tables whether they have rows, a number of them at a time.
func ask(ctx context.Context, tx pgx.Tx, tables []Table) error {
	const atOnce = 100
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '300ms'`); err != nil {
		return err
	}
	for len(tables) > 0 {
		some := tables[:min(atOnce, len(tables))]
		tables = tables[len(some):]
		var columns []string
		for _, t := range some {
			columns = append(columns, fmt.Sprintf("EXISTS (SELECT FROM %s)", t.Quoted()))
		}
		have := make([]bool, 0, len(some))
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			return inner.QueryRow(ctx, "SELECT ARRAY["+strings.Join(columns, ", ")+"]").Scan(&have)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue // somebody holds a lock, or the role may not read: there may be rows
		}
		for i := range some {
			some[i].Stats.HasRows = have[i]
		}
	}
	return nil
}
