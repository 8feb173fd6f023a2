package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Reader is a connection, a pool or a transaction.
type Reader interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// newest is the migration that left the database as it is: the one whose digest was
// recorded for the first time last. A release that was rolled back to is recorded again,
// but leaves alone what later ones have changed.
const newest = `SELECT digest FROM switchyard_internal.migration WHERE digest <> '' GROUP BY digest ORDER BY min(id) DESC LIMIT 1`

// Last returns the digest of the newest schema that was applied, and the snapshot, as JSON,
// of what it made; "" if none was, and nil if its snapshot was not recorded.
func Last(ctx context.Context, r Reader) (digest string, snapshot []byte, err error) {
	digest, err = one[string](ctx, r, newest)
	if err != nil || digest == "" {
		return "", nil, err
	}
	snapshot, err = Expected(ctx, r, digest)
	return digest, snapshot, err
}

// Latest returns the snapshot, as JSON, of what the schema that was applied last made; nil if it
// was not recorded. After a rollback that schema is older than the one of [Last].
func Latest(ctx context.Context, r Reader) ([]byte, error) {
	digest, err := one[string](ctx, r, `SELECT digest FROM switchyard_internal.migration WHERE digest <> '' ORDER BY id DESC LIMIT 1`)
	if err != nil || digest == "" {
		return nil, err
	}
	return Expected(ctx, r, digest)
}

// Expected returns the snapshot, as JSON, of what a database whose schema has that digest
// shall hold; nil if none was recorded.
func Expected(ctx context.Context, r Reader, digest string) ([]byte, error) {
	text, err := one[string](ctx, r, `SELECT snapshot::text FROM switchyard_internal.expected WHERE digest = $1`, digest)
	if err != nil || text == "" {
		return nil, err
	}
	return []byte(text), nil
}

// Recorded reports whether the schema with that digest was applied, and whether it is older:
// another one was applied for the first time after it.
func Recorded(ctx context.Context, r Reader, digest string) (is, older bool, err error) {
	is, err = one[bool](ctx, r, `SELECT EXISTS (SELECT FROM switchyard_internal.migration WHERE digest = $1)`, digest)
	if err != nil || !is || digest == "" {
		return false, false, err
	}
	last, err := one[string](ctx, r, newest)
	return true, last != digest, err
}

// Scripts returns the digests of the SQL files that ran, or were found in place, by their
// names.
func Scripts(ctx context.Context, r Reader) (map[string]string, error) {
	digests := map[string]string{}
	err := each(ctx, r, func(row pgx.CollectableRow) error {
		var file, digest string
		err := row.Scan(&file, &digest)
		digests[file] = digest
		return err
	}, `SELECT file, digest FROM switchyard_internal.script`)
	return digests, err
}

// one returns the only value of the only row; the zero value if there is no row.
func one[T any](ctx context.Context, r Reader, sql string, args ...any) (value T, err error) {
	err = each(ctx, r, func(row pgx.CollectableRow) error { return row.Scan(&value) }, sql, args...)
	return value, err
}

// each calls do with every row of a query; with none if the tables are not there.
func each(ctx context.Context, r Reader, do func(pgx.CollectableRow) error, sql string, args ...any) error {
	rows, err := r.Query(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
	if err == nil {
		_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) { return struct{}{}, do(row) })
	}
	var missing *pgconn.PgError
	if errors.As(err, &missing) && (missing.Code == "42P01" || missing.Code == "3F000") { // no such table, or schema
		return nil
	}
	if errors.As(err, &missing) && missing.Code == "42501" { // insufficient_privilege
		return fmt.Errorf("read the record of migrations: %w: let its owner GRANT USAGE ON SCHEMA switchyard_internal "+
			"and SELECT ON ALL TABLES IN SCHEMA switchyard_internal to this role; who migrates owns them", err)
	}
	if err != nil {
		return fmt.Errorf("read the record of migrations: %w", err)
	}
	return nil
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
