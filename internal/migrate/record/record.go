// Package record keeps what was done to a database, in the PostgreSQL schema
// switchyard_internal: its migrations with their statements, the SQL files that ran, and
// what the database is expected to hold. It holds SQL, and never values of rows.
//
// In a database without these tables, reading returns nothing, and no error.
package record

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Writer is a connection, or a transaction.
type Writer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Statement is what ran, or was tried.
type Statement struct {
	SQL       string
	Object    string // plan.Step's, as the next three
	Class     string
	Allowed   string // the consent that was given; "" if none was needed
	File      string
	BeganAt   time.Time
	Took      time.Duration // with Waited
	Waited    time.Duration // for others
	WaitedFor string        // who they were, without values; "" if nobody was seen
	Error     string        // "" if it ran
}

// Run is the record of a migration that goes on. It is not safe for concurrent use.
type Run struct {
	ID    int64
	began time.Time
	seq   int
}

// Begin notes that the release begins to migrate. [Ensure] has to be called before. A migration
// for which neither Finish nor Fail was called counts as killed.
func Begin(ctx context.Context, conn *pgx.Conn, release string) (*Run, error) {
	r := &Run{began: time.Now()}
	err := conn.QueryRow(ctx, `INSERT INTO switchyard_internal.migration (duration, digest, statements, release, role)
		VALUES ('0', '', '{}', $1, current_user) RETURNING id`, pgx.QueryExecModeExec, release).Scan(&r.ID)
	if err != nil {
		return nil, fmt.Errorf("record that a migration begins: %w", err)
	}
	return r, nil
}

// Did notes a statement, in w's transaction if that is one.
func (r *Run) Did(ctx context.Context, w Writer, s Statement) error {
	r.seq++
	_, err := w.Exec(ctx, `INSERT INTO switchyard_internal.statement
		(migration, seq, sql, object, class, allowed, file, began_at, duration, waited, waited_for, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::bigint * interval '1 microsecond', $10::bigint * interval '1 microsecond', $11, $12)`,
		pgx.QueryExecModeExec, r.ID, r.seq, s.SQL, s.Object, s.Class, s.Allowed, s.File, s.BeganAt,
		s.Took.Microseconds(), s.Waited.Microseconds(), s.WaitedFor, s.Error)
	if err != nil {
		return fmt.Errorf("record a statement: %w", err)
	}
	return nil
}

// Script notes that an SQL file ran.
func (r *Run) Script(ctx context.Context, w Writer, file, digest string) error {
	return script(ctx, w, file, digest, &r.ID)
}

// Found notes that an SQL file need not run: what it makes is in place.
func Found(ctx context.Context, w Writer, file, digest string) error {
	return script(ctx, w, file, digest, nil)
}

func script(ctx context.Context, w Writer, file, digest string, migration *int64) error {
	_, err := w.Exec(ctx, `INSERT INTO switchyard_internal.script (file, digest, migration) VALUES ($1, $2, $3)
		ON CONFLICT (file) DO UPDATE SET digest = excluded.digest, migration = excluded.migration, applied_at = now()`,
		pgx.QueryExecModeExec, file, digest, migration)
	if err != nil {
		return fmt.Errorf("record the SQL file %s: %w", file, err)
	}
	return nil
}

// Fail notes why the migration ended before all was done. why must not hold values of rows.
func (r *Run) Fail(ctx context.Context, w Writer, why string) error {
	_, err := w.Exec(ctx, `UPDATE switchyard_internal.migration
		SET error = $2, finished_at = clock_timestamp(), duration = $3::bigint * interval '1 microsecond' WHERE id = $1`,
		pgx.QueryExecModeExec, r.ID, why, time.Since(r.began).Microseconds())
	if err != nil {
		return fmt.Errorf("record that a migration failed: %w", err)
	}
	return nil
}

// Finish notes that the database is as the schema of that digest says, and what it is then
// expected to hold: a snapshot as JSON.
func (r *Run) Finish(ctx context.Context, conn *pgx.Conn, digest string, snapshot []byte) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := Expect(ctx, tx, digest, snapshot); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE switchyard_internal.migration
			SET digest = $2, finished_at = clock_timestamp(), duration = $3::bigint * interval '1 microsecond' WHERE id = $1`,
			pgx.QueryExecModeExec, r.ID, digest, time.Since(r.began).Microseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("record that a migration is finished: %w", err)
	}
	return nil
}

// InStep notes that there was nothing to do for the schema of that digest: as a migration
// without statements, if the latest one was for another.
func InStep(ctx context.Context, conn *pgx.Conn, release, digest string, snapshot []byte) error {
	if err := Expect(ctx, conn, digest, snapshot); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `INSERT INTO switchyard_internal.migration (duration, digest, statements, release, role, finished_at)
		SELECT '0', $1::text, '{}', $2::text, current_user, clock_timestamp()
		WHERE $1 IS DISTINCT FROM (SELECT digest FROM switchyard_internal.migration WHERE digest <> '' ORDER BY id DESC LIMIT 1)`,
		pgx.QueryExecModeExec, digest, release)
	if err != nil {
		return fmt.Errorf("record that there was nothing to do: %w", err)
	}
	return nil
}

// Expect notes what a database whose schema has that digest is expected to hold. It
// writes nothing if that is known.
func Expect(ctx context.Context, w Writer, digest string, snapshot []byte) error {
	_, err := w.Exec(ctx, `INSERT INTO switchyard_internal.expected AS e (digest, snapshot) VALUES ($1, $2::jsonb)
		ON CONFLICT (digest) DO UPDATE SET snapshot = excluded.snapshot, recorded_at = now()
		WHERE e.snapshot <> excluded.snapshot`, pgx.QueryExecModeExec, digest, string(snapshot))
	if err != nil {
		return fmt.Errorf("record what the database shall hold: %w", err)
	}
	return nil
}
