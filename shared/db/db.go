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
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/internal/project"
	"switchyard/shared/config"
)

// What a URL leaves open. Each can be set there by the name pgx has for it:
// pool_max_conns, connect_timeout, application_name and so on.
const (
	defaultConns   = 10
	maxIdleTime    = 5 * time.Minute
	maxLifetime    = 15 * time.Minute
	jitter         = 3 * time.Minute // so that not all are opened anew at once
	statements     = 64              // that a connection without a pooler prepares; pgx makes room for all as it connects
	healthCheck    = 30 * time.Second
	connectTimeout = 5 * time.Second
)

// alive has the system notice within ten seconds that the other side of a connection is
// gone that waits for notifications, say: who vanished in a failover says no goodbye.
var alive = net.KeepAliveConfig{Enable: true, Idle: 4 * time.Second, Interval: 2 * time.Second, Count: 3} //nolint:gochecknoglobals // a constant, were it no struct

// The variables that hold the URLs.
const (
	variable         = "DATABASE_URL"
	unpooledVariable = "DATABASE_UNPOOLED_URL"
)

// meanwhile is how often tables may change while a statement is tried again.
const meanwhile = 4

// closeTimeout bounds the rollback of a transaction whose context has ended.
const closeTimeout = 5 * time.Second

// DB is a pool of connections. Its methods are those of *pgxpool.Pool; Exec,
// Query and QueryRow return fault.Unavailable when the server cannot be reached, or
// takes no writes.
//
// The calls of one function have a share of the pool, which its Spec may set as MaxConns, so
// that others get connections whatever it does: more of its calls wait for their own. Whatever a call
// has not given back when it ends, the host takes: a transaction is rolled back, rows are closed,
// and the log says where they were opened. So nothing that a call has begun can use the
// database after it, in whatever goroutine. Both need the context of the call, and neither
// is so for the field Pool, a [Lookup] and a [SharedQuery].
//
// Exec, Query and QueryRow end with their context, up to 10 ms later: to hear of it at once
// would cost each of them more.
type DB struct {
	*pgxpool.Pool

	bulkheads *bulkheads
	watch     watch
	direct    direct
	base      context.Context //nolint:containedctx // that of trips, which are for several calls: it does not end
	readOnly  bool            // is all right: the URL says so
	// describes says that pgx learns the types of a statement's parameters, and keeps them.
	describes bool
	// tries is how often a statement may be outdated: once on each connection, and a few times more
	// if tables change meanwhile.
	tries int
}

// Open returns the pool that c describes. It connects when it is first used, so
// that a program can start before its database does; the errors of Open are those
// of a malformed URL, and never repeat it.
//
// At most c.MaxConns connections are open at once, which defaults to 10, unless the URL
// says pool_max_conns, and none while there is nothing to do. If c has a URL without a pooler that differs
// from the other, a pooler in transaction mode is assumed: statements are then not
// prepared by name, unless the URL says default_query_exec_mode.
//
// Connections that only read are not used, unless the URL says target_session_attrs: a
// server that is being replaced by another has such.
func Open(ctx context.Context, c config.Database) (*DB, error) {
	pooled, err := parse(variable, c.URL.Reveal(), c.MaxConns)
	if err != nil {
		return nil, err
	}
	unpooled, err := parse(unpooledVariable, c.Direct(), c.MaxConns)
	if err != nil {
		return nil, err
	}
	behindPooler := c.URL.Reveal() != c.Direct()
	if behindPooler && !strings.Contains(c.URL.Reveal(), "default_query_exec_mode=") {
		pooled.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	direct := unpooled.ConnConfig
	direct.StatementCacheCapacity = min(direct.StatementCacheCapacity, statements)
	direct.DescriptionCacheCapacity = min(direct.DescriptionCacheCapacity, statements)
	pingByWallClock(pooled)
	resetter := expectFailover(pooled, behindPooler)
	forgetOutdated(pooled)
	bound := !behindPooler && !says(c.URL.Reveal(), idleTimeout)
	pooled.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		registerUUID(conn.TypeMap())
		if !bound {
			return nil
		}
		return boundIdle(ctx, conn)
	}
	pool, err := pgxpool.NewWithConfig(ctx, pooled)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	resetter.pool.Store(pool)
	d := &DB{
		Pool: pool, base: context.WithoutCancel(ctx),
		bulkheads: newBulkheads(int(pooled.MaxConns), limited(c.URL.Reveal())),
		readOnly:  maybeReadOnly(c.URL.Reveal()),
		tries:     int(pooled.MaxConns) + meanwhile,
		describes: pooled.ConnConfig.DefaultQueryExecMode < pgx.QueryExecModeDescribeExec,
	}
	d.direct.config, d.direct.variable, d.direct.turn = direct, variable, make(chan struct{}, 1)
	if c.UnpooledURL != "" {
		d.direct.variable = unpooledVariable
	}
	return d, nil
}

// Close closes the pool once the connections in use are back. It may be called
// more than once and never fails.
func (d *DB) Close() error {
	d.Pool.Close()
	return nil
}

// Ready returns nil if the database answers and takes writes, else fault.Unavailable.
func (d *DB) Ready(ctx context.Context) error {
	if d.readOnly {
		return noConnection(d.Ping(ctx))
	}
	var readOnly string
	err := d.Pool.QueryRow(ctx, `SHOW transaction_read_only`, pgx.QueryExecModeSimpleProtocol).Scan(&readOnly)
	if err == nil && readOnly == "on" {
		d.Reset() // the next connection may lead to another server
		err = pgconn.ErrReadOnlyConnection
	}
	return noConnection(err)
}

// parse reads the URL that the variable called name holds, and fills in what it
// leaves open.
func parse(name, text string, maxConns int) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, malformed(name, err)
	}
	if !says(text, "pool_max_conns") {
		c.MaxConns = int32(cmp.Or(maxConns, defaultConns)) //nolint:gosec // as many as a server can have
	}
	if !says(text, "pool_max_conn_idle_time") {
		c.MaxConnIdleTime = maxIdleTime
	}
	if !says(text, "pool_max_conn_lifetime") {
		c.MaxConnLifetime, c.MaxConnLifetimeJitter = maxLifetime, jitter
	}
	if !says(text, "pool_health_check_period") {
		c.HealthCheckPeriod = healthCheck
	}
	if !says(text, "pool_ping_timeout") {
		c.PingTimeout = connectTimeout
	}
	if !says(text, "connect_timeout") {
		c.ConnConfig.ConnectTimeout = connectTimeout
	}
	if !says(text, sessionAttrs) {
		c.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	c.ConnConfig.DialFunc = (&net.Dialer{KeepAliveConfig: alive}).DialContext
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = project.Name()
	}
	return c, nil
}

// says reports whether a URL has the parameter.
func says(text, parameter string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Query().Has(parameter)
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
