package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/project"
	"switchyard/internal/schema"
)

// SQLSTATEs, as PostgreSQL's appendix A names them.
const (
	syntaxError           = "42601"
	insufficientPrivilege = "42501"
)

// desire makes the schema in a scratch database and reads there what PostgreSQL makes of
// it. What it does there is one transaction, which is rolled back.
func (m *migration) desire(ctx context.Context) error {
	return m.scratch(ctx, func(conn *pgx.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		return m.make(ctx, tx)
	})
}

// make makes the schema in tx: what the SQL files do that the tables need, the tables,
// what the files do that ran on the database, and then what those will that are to run.
func (m *migration) make(ctx context.Context, tx pgx.Tx) error {
	for _, name := range m.namespaces {
		if _, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("the scratch database: %w", err)
		}
	}
	// A function may be written before the tables that it reads.
	if _, err := tx.Exec(ctx, `SET LOCAL check_function_bodies = off`); err != nil {
		return err
	}
	if err := m.script(ctx, tx, func(s schema.Script) bool { return s.Before }); err != nil {
		return err
	}
	statements, err := m.source.Create(ctx)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s.SQL); err != nil {
			return m.source.Refused(fmt.Errorf("%s: %w", s.Does, err))
		}
	}
	if err := m.script(ctx, tx, func(s schema.Script) bool { return !s.Before && m.ran[s.File] }); err != nil {
		return err
	}
	if m.want, err = snapshot.Read(ctx, tx, m.namespaces); err != nil {
		return fmt.Errorf("read the scratch database: %w", err)
	}
	if err := m.script(ctx, tx, func(s schema.Script) bool { return !s.Before && !m.ran[s.File] }); err != nil {
		return err
	}
	if m.then, err = snapshot.Read(ctx, tx, m.namespaces); err != nil {
		return fmt.Errorf("read the scratch database: %w", err)
	}
	return nil
}

// script runs the statements of some SQL files, as far as they make something: there are
// no rows here. What fails is left out, as a file that ran may speak of what is no longer
// there, and one that is to run, of what the scratch database does not have; the database
// itself will tell. Only SQL that cannot be read is an error.
func (m *migration) script(ctx context.Context, tx pgx.Tx, which func(schema.Script) bool) error {
	for _, s := range m.scripts {
		if !which(s) || s.Repeat {
			continue
		}
		for _, statement := range s.Statements {
			if changesRows(statement.SQL) {
				continue
			}
			err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
				_, err := inner.Exec(ctx, statement.SQL)
				return err
			})
			refused, ok := errors.AsType[*pgconn.PgError](err)
			switch {
			case err == nil:
			case !ok:
				return fmt.Errorf("the scratch database: %w", err)
			case m.ran[s.File]:
			case refused.Code == syntaxError:
				return &schema.SchemaError{Problems: []schema.Problem{{File: s.File, Line: statement.Line, Message: refused.Message}}}
			default:
				m.warnings = append(m.warnings, fmt.Sprintf("%s:%d may fail: %s", s.File, statement.Line, refused.Message))
			}
		}
	}
	return nil
}

// changesRows reports whether a statement works on rows alone.
func changesRows(sql string) bool {
	verb, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToUpper(strings.TrimSpace(verb)) {
	case "INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "COPY", "TRUNCATE", "MERGE", "REFRESH", "ANALYZE":
		return true
	}
	return false
}

// scratch runs fn on a connection to an empty database: the one of Options.Scratch, or one
// on the same server that is made for that and removed afterwards. Its name is always the
// same for the database, so that what a killed run left is removed by the next; the lock
// keeps it to one at a time.
func (m *migration) scratch(ctx context.Context, fn func(*pgx.Conn) error) (err error) {
	if m.Scratch != "" {
		return m.givenScratch(ctx, fn)
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
// empty, another one, and of the same version.
func (m *migration) givenScratch(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := connect(ctx, m.Scratch, "")
	if err != nil {
		return fmt.Errorf("SCRATCH_DATABASE_URL: %w", err)
	}
	defer disconnect(ctx, conn)
	var tables int
	err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`).Scan(&tables)
	if err != nil {
		return fmt.Errorf("SCRATCH_DATABASE_URL: %w", err)
	}
	if tables > 0 {
		return fmt.Errorf("SCRATCH_DATABASE_URL: the database has %d tables and views; give one that is empty and stays so", tables)
	}
	if a, b := m.conn.PgConn().ParameterStatus("server_version"), conn.PgConn().ParameterStatus("server_version"); major(a) != major(b) {
		return fmt.Errorf("SCRATCH_DATABASE_URL: that is PostgreSQL %s, and the database %s: give one of the same version", b, a)
	}
	return fn(conn)
}

func major(version string) string {
	first, _, _ := strings.Cut(version, ".")
	return first
}
