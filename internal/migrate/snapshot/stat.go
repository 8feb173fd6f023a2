package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// guessSQL yields what the last VACUUM or ANALYZE wrote down, for which no lock is needed.
const guessSQL = `SELECT n.nspname, c.relname, c.reltuples::bigint, c.relpages * current_setting('block_size')::bigint
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p')`

// Stat fills in the Stats of the tables of s, which was read from the database of on. It waits
// for nobody for longer than a moment. If it cannot look into a table, because somebody has
// locked it or the role may not read it, it guesses that the table has rows: as many as when
// PostgreSQL last counted.
func Stat(ctx context.Context, on Beginner, s *Snapshot) error {
	tx, err := on.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	// Rows that row security hides are rows: asking for them is an error then.
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '300ms'; SET LOCAL row_security = off`); err != nil {
		return err
	}
	if err := guess(ctx, tx, s); err != nil {
		return err
	}
	const atOnce = 100
	for tables := range slices.Chunk(s.Tables, atOnce) {
		if err := stat(ctx, tx, tables); err != nil {
			return err
		}
	}
	return nil
}

func guess(ctx context.Context, tx pgx.Tx, s *Snapshot) error {
	rows, err := tx.Query(ctx, guessSQL, s.Schemas)
	if err != nil {
		return err
	}
	var n Name
	stats := Stats{HasRows: true}
	_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &stats.Rows, &stats.Bytes}, func() error {
		if t := s.Table(n); t != nil {
			t.Stats = stats
		}
		return nil
	})
	return err
}

// stat asks about tables in one query. If that fails, it asks about each by itself.
func stat(ctx context.Context, tx pgx.Tx, tables []Table) error {
	err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
		rows, err := inner.Query(ctx, statSQL(tables))
		if err != nil {
			return err
		}
		stats, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Stats])
		for i := range stats {
			tables[i].Stats = stats[i]
		}
		return err
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || tx.Conn().IsClosed():
		return err
	case len(tables) == 1:
		return nil // the guess stays
	}
	for one := range slices.Chunk(tables, 1) {
		if err := stat(ctx, tx, one); err != nil {
			return err
		}
	}
	return nil
}

// statSQL yields a row of Stats for each table. The size of one that is divided is that of
// its partitions.
func statSQL(tables []Table) string {
	selects := make([]string, len(tables))
	for i, t := range tables {
		selects[i] = fmt.Sprintf(`SELECT %d, reltuples::bigint, pg_total_relation_size(oid) + (SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint FROM pg_partition_tree(oid)),
			EXISTS (SELECT FROM %s) FROM pg_class WHERE oid = '%s'::regclass`, i, t.Quoted(), strings.ReplaceAll(t.Quoted(), "'", "''"))
	}
	return "SELECT rows, bytes, has FROM (" + strings.Join(selects, " UNION ALL ") + ") s (i, rows, bytes, has) ORDER BY i"
}
