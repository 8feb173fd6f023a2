package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// grace is what the server gives a transaction beyond the Timeout of the function that
	// has begun it: the server ends what the process cannot.
	grace = 5 * time.Second
	// idleFor bounds how long a transaction that is of no call may ask for nothing.
	idleFor = 5 * time.Minute
)

// The settings of PostgreSQL that bound a transaction. One that a URL has is obeyed.
const (
	statementTimeout = "statement_timeout"
	idleTimeout      = "idle_in_transaction_session_timeout"
)

// limited returns the settings that the URL leaves to us.
func limited(url string) []string {
	return slices.DeleteFunc([]string{statementTimeout, idleTimeout}, func(setting string) bool { return says(url, setting) })
}

// limits returns statements that bound a transaction of a function with this Timeout. They
// are sent along with the one that begins it, and hold until its end, so that they cost no
// round trip, and a pooler hands them on to nobody.
func limits(settings []string, timeout time.Duration) string {
	var b strings.Builder
	for _, setting := range settings {
		fmt.Fprintf(&b, "; set local %s = %d", setting, (timeout + grace).Milliseconds())
	}
	return b.String()
}

// bounded returns o for a transaction that has the limits of the share.
func (s *share) bounded(o pgx.TxOptions) pgx.TxOptions {
	if s.limits == "" || o.BeginQuery != "" {
		return o
	}
	o.BeginQuery = "begin"
	if o.IsoLevel != "" {
		o.BeginQuery += " isolation level " + string(o.IsoLevel)
	}
	for _, mode := range []string{string(o.AccessMode), string(o.DeferrableMode)} {
		if mode != "" {
			o.BeginQuery += " " + mode
		}
	}
	o.BeginQuery += s.limits
	return o
}

// boundIdle bounds the transactions of a new connection that no function begins. It is sent
// as a statement, since poolers refuse it as a parameter of the connection.
func boundIdle(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, fmt.Sprintf("set %s = %d", idleTimeout, idleFor.Milliseconds()))
	if _, refused := errors.AsType[*pgconn.PgError](err); refused {
		return nil // then it has no such bound
	}
	return err
}
