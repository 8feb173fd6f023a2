package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/internal/migrate/record"
	"switchyard/internal/project"
)

const (
	connectTimeout = 10 * time.Second
	cleanTimeout   = 30 * time.Second
	askAgain       = 200 * time.Millisecond // for the lock of migrations
)

// lockKey is the key of the advisory lock, by its name.
const lockKey = `hashtextextended($1, 0)`

// connect opens a connection to the database at u; to the one called database, on the same
// server, if that is not empty.
func connect(ctx context.Context, u, database string) (*pgx.Conn, error) {
	c, err := pgxpool.ParseConfig(u) // as shared/db does: the URL may hold pool_max_conns
	if err != nil {
		return nil, malformed(err)
	}
	if database != "" {
		c.ConnConfig.Database = database
	}
	c.ConnConfig.RuntimeParams["application_name"] = project.Name() + " migrate"
	c.ConnConfig.ConnectTimeout = connectTimeout
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // the tables change under it
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := conn.Exec(ctx, session); err != nil {
		disconnect(ctx, conn)
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

// session undoes what a role or a database may have set for others: migrations take long, and
// write strings as the standard says. Poolers refuse such settings as parameters of a connection.
const session = "SET standard_conforming_strings = on; SET statement_timeout = 0"

// writable returns an error that says what to do if the connection takes no writes. Before
// version 14 PostgreSQL does not say so.
func writable(conn *pgx.Conn) error {
	server := conn.PgConn()
	switch {
	case server.ParameterStatus("in_hot_standby") == "on":
		return errors.New("the server is a standby, which takes no writes: migrate the primary server")
	case server.ParameterStatus("default_transaction_read_only") == "on":
		return errors.New("the database takes no writes, since default_transaction_read_only is on: " +
			"ALTER DATABASE … RESET default_transaction_read_only, or ALTER ROLE …, whichever has set it, and migrate again")
	}
	return nil
}

// disconnect closes a connection, even when the context has ended.
func disconnect(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	_ = conn.Close(ctx)
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
// is killed leaves none behind; a pooler may keep the connection, so it is given back by
// name, too.
func locked(ctx context.Context, url string, log io.Writer, fn func(*pgx.Conn) error) (err error) {
	conn, err := connect(ctx, url, "")
	if err != nil {
		return err
	}
	defer disconnect(ctx, conn)
	if err := waitForLock(ctx, conn, log); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
		defer cancel()
		_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock(`+lockKey+`)`, record.LockName())
	}()
	return fn(conn)
}

// waitForLock takes the migration lock. It asks again and again: a statement that waited
// for it would be a transaction that stays open, for which CREATE INDEX CONCURRENTLY of the
// migration that has the lock waits, so that neither would go on.
func waitForLock(ctx context.Context, conn *pgx.Conn, log io.Writer) error {
	for waits := false; ; waits = true {
		var got bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(`+lockKey+`)`, record.LockName()).Scan(&got); err != nil {
			return fmt.Errorf("take the lock of migrations: %w", err)
		}
		if got {
			return nil
		}
		if !waits {
			_, _ = fmt.Fprintln(log, "another migration of this database is running; waiting for it")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for another migration: %w", ctx.Err())
		case <-time.After(askAgain):
		}
	}
}
