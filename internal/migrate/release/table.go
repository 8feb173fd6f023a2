package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/migrate/record"
)

// CreateTable makes the table in the schema switchyard_internal. A row is a replica.
const CreateTable = `CREATE TABLE IF NOT EXISTS switchyard_internal.release (
	replica    text PRIMARY KEY,
	id         text NOT NULL,
	digest     text NOT NULL,
	uses       jsonb NOT NULL,
	alive_for  interval NOT NULL,
	started_at timestamptz NOT NULL DEFAULT now(),
	seen_at    timestamptz NOT NULL DEFAULT now()
)`

// alive counts the replicas of a release together.
const alive = `SELECT id, digest, uses::text, min(started_at), max(seen_at), count(*)
	FROM switchyard_internal.release WHERE seen_at > now() - alive_for
	GROUP BY id, digest, uses ORDER BY 4, id`

// Create makes the table unless it is there. The role of conn needs the right to create tables
// in the schema switchyard_internal, or the right to create that schema.
func Create(ctx context.Context, conn *pgx.Conn) error {
	for _, statement := range []string{record.CreateSchema, CreateTable} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the table switchyard_internal.release: %w", err)
		}
	}
	return nil
}

// Alive returns the releases that live, the oldest first. It returns none if the table is not
// there: then no release that writes into it was migrated to yet.
func Alive(ctx context.Context, conn *pgx.Conn) ([]Release, error) {
	rows, err := conn.Query(ctx, alive, pgx.QueryExecModeExec)
	if err != nil {
		return nil, fmt.Errorf("look for releases that live: %w", err)
	}
	all, err := pgx.CollectRows(rows, read)
	if noTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for releases that live: %w", err)
	}
	return all, nil
}

func read(row pgx.CollectableRow) (r Release, err error) {
	var uses []byte
	if err := row.Scan(&r.ID, &r.Digest, &uses, &r.StartedAt, &r.SeenAt, &r.Replicas); err != nil {
		return r, err
	}
	err = json.Unmarshal(uses, &r.Uses)
	return r, err
}

// noTable reports whether err says that the table, or its schema, is not there.
func noTable(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == "42P01" || refused.Code == "3F000")
}
