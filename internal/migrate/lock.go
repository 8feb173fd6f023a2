package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"switchyard/internal/project"
)

const (
	connectTimeout = 10 * time.Second
	cleanTimeout   = 30 * time.Second
)

// lockKey is the key of the advisory lock, by its name.
const lockKey = `hashtextextended($1, 0)`

// lockName names it. PostgreSQL keeps such locks by database.
func lockName() string { return "migrate " + project.Name() }

// connect opens one connection to the database at u; to the one called database,
// on the same server, if that is not empty. Close closes it.
func connect(ctx context.Context, u, database string) (conn *sql.Conn, closeConn func(), err error) {
	c, err := pgxpool.ParseConfig(u) // as shared/db does: the URL may hold pool_max_conns
	if err != nil {
		return nil, nil, malformed(err)
	}
	if database != "" {
		c.ConnConfig.Database = database
	}
	c.ConnConfig.RuntimeParams["application_name"] = project.Name() + " migrate"
	c.ConnConfig.ConnectTimeout = connectTimeout
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // the tables change under it
	db := stdlib.OpenDB(*c.ConnConfig)
	conn, err = db.Conn(ctx)
	if err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("connect: %w", err)
	}
	return conn, func() { _, _ = conn.Close(), db.Close() }, nil
}

// malformed describes err without the URL, which may hold a password.
func malformed(err error) error {
	var parsing *pgconn.ParseConfigError
	var wrong *url.Error
	if errors.As(err, &parsing) && parsing.Unwrap() != nil && !errors.As(err, &wrong) {
		return fmt.Errorf("the database's URL is malformed: %w", parsing.Unwrap())
	}
	return errors.New("the database's URL is malformed: want postgres://user:password@host:5432/name")
}

// locked runs fn on a connection to the database at url that holds the migration
// lock. PostgreSQL gives the lock back when the connection ends, so a process that
// is killed leaves none behind.
func locked(ctx context.Context, url string, log io.Writer, fn func(*sql.Conn) error) (err error) {
	defer func() {
		// database/sql may speak of a bad connection when it was ctx that broke it.
		if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}()
	conn, closeConn, err := connect(ctx, url, "")
	if err != nil {
		return err
	}
	defer closeConn()
	var got bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(`+lockKey+`)`, lockName()).Scan(&got); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if !got {
		_, _ = fmt.Fprintln(log, "another migration of this database is running; waiting for it")
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(`+lockKey+`)`, lockName()); err != nil {
			return fmt.Errorf("wait for another migration: %w", err)
		}
	}
	return fn(conn)
}

// scratch runs fn on a connection to an empty database on conn's server, which is
// removed afterwards. Its name is always the same for conn's database, so that what
// a killed run left is removed by the next; the lock keeps it to one at a time.
func scratch(ctx context.Context, conn *sql.Conn, url string, fn func(*sql.Conn) error) (err error) {
	var name, role string
	err = conn.QueryRowContext(ctx, `SELECT left($1, 30) || '_scratch_' || left(md5(current_database()), 16), current_user`, project.Name()).Scan(&name, &role)
	if err != nil {
		return err
	}
	sanitized := pgx.Identifier{name}.Sanitize()
	drop := `DROP DATABASE IF EXISTS ` + sanitized + ` WITH (FORCE)`
	if _, err := conn.ExecContext(ctx, drop); err != nil {
		return fmt.Errorf("remove the scratch database of an earlier run: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+sanitized+` TEMPLATE template0`); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "42501" { // insufficient privilege
			return fmt.Errorf("the role %q may not create databases, and planning needs a scratch database for a moment: let a superuser run ALTER ROLE %s CREATEDB",
				role, pgx.Identifier{role}.Sanitize())
		}
		return fmt.Errorf("create a scratch database: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
		defer cancel()
		if _, dropErr := conn.ExecContext(ctx, drop); dropErr != nil && err == nil {
			err = fmt.Errorf("remove the scratch database: %w", dropErr)
		}
	}()
	inside, closeInside, err := connect(ctx, url, name)
	if err != nil {
		return fmt.Errorf("scratch database: %w", err)
	}
	defer closeInside()
	return fn(inside)
}
