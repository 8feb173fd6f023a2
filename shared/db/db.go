// Package db is the pool of connections to PostgreSQL.
//
// A [DB] is a pgxpool.Pool with what the house adds to it: it opens while the
// server is down, its connection failures are fault.Unavailable, values that PostgreSQL
// cannot hold are fault.Invalid, and [DB.InTx] is how a transaction is written. A uuid.UUID is an argument and a destination
// like any other.
package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/shared/config"
)

// What a URL leaves open. Each can be set there by the name pgx has for it:
// pool_max_conns, connect_timeout, application_name and so on.
const (
	defaultConns   = 10
	maxIdleTime    = 5 * time.Minute
	healthCheck    = 30 * time.Second
	connectTimeout = 5 * time.Second
	application    = "switchyard"
)

// closeTimeout bounds the rollback of a transaction whose context has ended.
const closeTimeout = 5 * time.Second

// DB is a pool of connections. Its methods are those of *pgxpool.Pool; Exec,
// Query and QueryRow return fault.Unavailable when the server cannot be reached.
type DB struct {
	*pgxpool.Pool

	direct *pgx.ConnConfig
}

// Open returns the pool that c describes. It connects when it is first used, so
// that a program can start before its database does; the errors of Open are those
// of a malformed URL, and never repeat it.
//
// At most c.MaxConns connections are open at once, which defaults to 10, unless the URL
// says pool_max_conns, and none while there is nothing to do. If c has a URL without a pooler that differs
// from the other, a pooler in transaction mode is assumed: statements are then not
// prepared by name, unless the URL says default_query_exec_mode.
func Open(ctx context.Context, c config.Database) (*DB, error) {
	pooled, err := parse("DATABASE_URL", c.URL.Reveal(), c.MaxConns)
	if err != nil {
		return nil, err
	}
	direct, err := parse("DATABASE_UNPOOLED_URL", c.Direct(), c.MaxConns)
	if err != nil {
		return nil, err
	}
	if c.URL.Reveal() != c.Direct() && !strings.Contains(c.URL.Reveal(), "default_query_exec_mode=") {
		pooled.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	expectThaw(pooled)
	pool, err := pgxpool.NewWithConfig(ctx, pooled)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return &DB{Pool: pool, direct: direct.ConnConfig}, nil
}

// Close closes the pool once the connections in use are back. It may be called
// more than once and never fails.
func (d *DB) Close() error {
	d.Pool.Close()
	return nil
}

// Ready returns nil if the database answers, else fault.Unavailable.
func (d *DB) Ready(ctx context.Context) error { return noConnection(d.Ping(ctx)) }

// Direct opens a connection that no pooler stands before, for LISTEN and locks.
// The caller closes it.
func (d *DB) Direct(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, d.direct.Copy())
	if err != nil {
		return nil, noConnection(err)
	}
	return conn, nil
}

// parse reads the URL that the variable called name holds, and fills in what it
// leaves open.
func parse(name, text string, maxConns int) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, malformed(name, err)
	}
	query := url.Values{}
	if u, err := url.Parse(text); err == nil {
		query = u.Query()
	}
	if !query.Has("pool_max_conns") {
		c.MaxConns = int32(cmp.Or(maxConns, defaultConns)) //nolint:gosec // as many as a server can have
	}
	if !query.Has("pool_max_conn_idle_time") {
		c.MaxConnIdleTime = maxIdleTime
	}
	if !query.Has("pool_health_check_period") {
		c.HealthCheckPeriod = healthCheck
	}
	if !query.Has("pool_ping_timeout") {
		c.PingTimeout = connectTimeout
	}
	if !query.Has("connect_timeout") {
		c.ConnConfig.ConnectTimeout = connectTimeout
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = application
	}
	return c, nil
}

// malformed describes err, which came from parsing name, without the URL: pgx
// repeats it, with the password masked only as far as it can be made out.
func malformed(name string, err error) error {
	var parsing *pgconn.ParseConfigError
	if !errors.As(err, &parsing) {
		return fmt.Errorf("%s is malformed", name)
	}
	var wrong *url.Error
	if cause := parsing.Unwrap(); cause != nil && !errors.As(cause, &wrong) {
		return fmt.Errorf("%s is malformed: %w", name, cause)
	}
	return fmt.Errorf("%s is malformed: want postgres://user:password@host:5432/name", name)
}
