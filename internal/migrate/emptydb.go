package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/project"
)

// scratch runs fn on a connection to an empty database: the one of Options.Scratch, or one
// on the same server that is made for that and removed afterwards. Its name is always the
// same for the database, so that what a killed run left is removed by the next; the lock
// keeps it to one at a time.
func (m *migration) scratch(ctx context.Context, fn func(*pgx.Conn) error) (err error) {
	if m.Scratch != "" {
		return m.givenScratch(ctx, fn)
	}
	if err := writable(m.conn); err != nil {
		return err
	}
	var name, role string
	err = m.conn.QueryRow(ctx, `SELECT left($1, 30) || '_scratch_' || left(md5(current_database()), 16), current_user`, project.Name()).Scan(&name, &role)
	if err != nil {
		return err
	}
	sanitized := pgx.Identifier{name}.Sanitize()
	drop := `DROP DATABASE IF EXISTS ` + sanitized + ` WITH (FORCE)`
	if _, err := m.conn.Exec(ctx, drop); err != nil {
		return fmt.Errorf("remove the scratch database of an earlier run: %w", err)
	}
	create := `SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L', $1::text, pg_encoding_to_char(encoding), datcollate, datctype)
		FROM pg_database WHERE datname = current_database()`
	if err := m.conn.QueryRow(ctx, create, name).Scan(&create); err != nil {
		return err
	}
	if _, err := m.conn.Exec(ctx, create); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == insufficientPrivilege {
			return fmt.Errorf("the role %q may not create databases, and planning needs a scratch database for a moment: let a superuser run ALTER ROLE %s CREATEDB, or set SCRATCH_DATABASE_URL to that of an empty database",
				role, pgx.Identifier{role}.Sanitize())
		}
		return fmt.Errorf("create a scratch database: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
		defer cancel()
		if _, dropErr := m.conn.Exec(ctx, drop); dropErr != nil && err == nil {
			err = fmt.Errorf("remove the scratch database: %w", dropErr)
		}
	}()
	conn, err := connect(ctx, m.url, name)
	if err != nil {
		return fmt.Errorf("scratch database: %w", err)
	}
	defer disconnect(ctx, conn)
	return fn(conn)
}

// givenScratch runs fn on a connection to the database of Options.Scratch, which must be
// empty but for extensions, another one, and of the same version.
func (m *migration) givenScratch(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := connect(ctx, m.Scratch, "")
	if err != nil {
		return fmt.Errorf("SCRATCH_DATABASE_URL: %w", err)
	}
	defer disconnect(ctx, conn)
	if a, b := major(m.conn), major(conn); a != b {
		return fmt.Errorf("SCRATCH_DATABASE_URL: that is PostgreSQL %s, and the database %s: give one of the same version", b, a)
	}
	// The database itself is locked by this migration. Others may use the same scratch.
	var other bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock_shared(`+lockKey+`)`, record.LockName()).Scan(&other); err != nil {
		return fmt.Errorf("SCRATCH_DATABASE_URL: %w", err)
	}
	if !other {
		return errors.New("SCRATCH_DATABASE_URL names the database itself, or one that is being migrated: give another one, which is empty and stays so")
	}
	if m.brought, err = empty(ctx, conn); err != nil {
		return fmt.Errorf("SCRATCH_DATABASE_URL: %w", err)
	}
	return fn(conn)
}

func major(conn *pgx.Conn) string {
	first, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), ".")
	return first
}

// empty returns the extensions of the database, and an error if it holds anything else.
func empty(ctx context.Context, conn *pgx.Conn) (extensions []snapshot.Object, err error) {
	rows, err := conn.Query(ctx, `SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'`)
	if err != nil {
		return nil, err
	}
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	s, err := snapshot.Read(ctx, conn, schemas)
	if err != nil {
		return nil, err
	}
	other := slices.IndexFunc(s.Objects, func(o snapshot.Object) bool { return o.Kind != snapshot.Extension })
	switch {
	case len(s.Tables) > 0:
		return nil, notEmpty("table", s.Tables[0].Name)
	case len(s.Enums) > 0:
		return nil, notEmpty("enum", s.Enums[0].Name)
	case other >= 0:
		return nil, notEmpty(s.Objects[other].Kind, s.Objects[other].Name)
	}
	return s.Objects, nil
}

func notEmpty(kind string, name snapshot.Name) error {
	return fmt.Errorf("the database has the %s %s: give one that is empty, and stays so", kind, name)
}
