package db

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fault"
)

const (
	checkTimeout = 10 * time.Second // of [DB.CheckDirect] as a whole
	hearWithin   = 5 * time.Second  // a notification, which takes a millisecond
	rounds       = 3                // more than one, since other clients use a pooler too
)

// direct configures connections to the database that no pooler stands before, and
// remembers whether that was found to be true.
type direct struct {
	config   *pgx.ConnConfig
	variable string // that says how

	turn  chan struct{} // has room for the one who asks
	known atomic.Bool
}

// Direct opens a connection that no pooler stands before, for LISTEN and locks.
// The caller closes it. The first time it makes sure of that: see [DB.CheckDirect].
func (d *DB) Direct(ctx context.Context) (*pgx.Conn, error) {
	if err := d.CheckDirect(ctx); err != nil {
		return nil, err
	}
	conn, err := d.direct.open(ctx)
	if err != nil {
		return nil, d.direct.failure(err)
	}
	return conn, nil
}

// CheckDirect returns nil if the URL that should reach the database without a pooler does
// so: what one connection sets, another one does not see, and hears when it is notified.
// A pooler in session mode passes, one that hands out a connection for a transaction or
// a statement does not: LISTEN, locks and settings of a session get lost there, or stay
// with somebody else. The error then names the variable to set. It is fault.Unavailable
// if the database does not answer, and fault.Internal if it does, also if it refuses the
// user or the password of the URL.
//
// Once it was nil it stays nil, and costs nothing. Until then one caller asks at a time, and
// none waits for it for longer than its ctx, or than it would have asked itself.
func (d *DB) CheckDirect(ctx context.Context) error {
	if d.direct.known.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	select {
	case d.direct.turn <- struct{}{}:
		defer func() { <-d.direct.turn }()
	case <-ctx.Done():
		return noConnection(ctx.Err())
	}
	if d.direct.known.Load() { // somebody has asked meanwhile
		return nil
	}
	err := d.direct.check(ctx)
	d.direct.known.Store(err == nil)
	return d.direct.failure(err)
}

func (d *direct) open(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, d.config.Copy())
	if err != nil {
		return nil, err
	}
	registerUUID(conn.TypeMap())
	if conn.PgConn().ParameterStatus("standard_conforming_strings") != "off" {
		return conn, nil
	}
	// A role or the database says so; the simple protocol, which poolers understand, wants it on.
	if _, err := conn.Exec(ctx, "SET standard_conforming_strings = on"); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// failure returns err, which comes from pgx or is a fault already, as noConnection does,
// but says so if the database knows no such user or password.
func (d *direct) failure(err error) error {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if ok && (refused.Code == "28P01" || refused.Code == "28000") {
		return fault.New(fault.Internal, "The database refuses the user or password of %s.", d.variable).Because(err)
	}
	return noConnection(err)
}

func (d *direct) check(ctx context.Context) error {
	pair, err := d.openPair(ctx)
	defer func() { closePair(ctx, pair) }()
	if err != nil {
		return err
	}
	one, other := session{pair[0]}, session{pair[1]}
	for range rounds {
		why, err := one.isOwn(ctx, other)
		if err == nil && why == "" {
			why, err = other.isOwn(ctx, one)
		}
		if err != nil {
			return err
		}
		if why != "" {
			return d.pooled(why)
		}
	}
	heard, err := one.hears(ctx, other)
	if err != nil {
		return err
	}
	if !heard {
		return d.pooled("LISTEN hears no NOTIFY")
	}
	return nil
}

// openPair opens two connections at once: the start waits for them. With an error, one may be open.
func (d *direct) openPair(ctx context.Context) (pair [2]*pgx.Conn, err error) {
	var opening sync.WaitGroup
	var failed [2]error
	for i := range pair {
		opening.Go(func() { pair[i], failed[i] = d.open(ctx) })
	}
	opening.Wait()
	return pair, cmp.Or(failed[0], failed[1])
}

func closePair(ctx context.Context, pair [2]*pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for _, conn := range pair {
		if conn != nil {
			_ = conn.Close(ctx)
		}
	}
}

func (d *direct) pooled(why string) error {
	set := "Set DATABASE_UNPOOLED_URL to the address of the database itself"
	if d.variable == unpooledVariable {
		set = "It has to be the address of the database itself"
	}
	return fault.New(fault.Internal, "%s leads to a connection pooler that hands connections out for one transaction (%s). "+
		"Notifications, locks and migrations do not work through one. %s; DATABASE_URL may be the pooler's.", d.variable, why, set)
}

// session is a connection to the server, or to a pooler before it.
type session struct{ *pgx.Conn }

// setting names a setting that each session has for itself.
const setting = "switchyard.session"

func (s session) get(ctx context.Context) (value string, err error) {
	err = s.QueryRow(ctx, `SELECT coalesce(current_setting($1, true), '')`, pgx.QueryExecModeSimpleProtocol, setting).Scan(&value)
	return value, err
}

// isOwn returns how s is seen to share a connection to the server with other, or to have
// got another one between two transactions; "" if it is not.
func (s session) isOwn(ctx context.Context, other session) (why string, err error) {
	mine := rand.Text()
	if _, err := s.Exec(ctx, `SELECT set_config($1, $2, false)`, pgx.QueryExecModeSimpleProtocol, setting, mine); err != nil {
		return "", err
	}
	got, err := other.get(ctx)
	if err != nil {
		return "", err
	}
	if got == mine {
		return "two connections share a session", nil
	}
	// While other is in a transaction, s cannot have the connection that other has.
	if _, err := other.Exec(ctx, "BEGIN"); refusesTransactions(err) {
		return "it refuses transactions", nil
	} else if err != nil {
		return "", err
	}
	got, err = s.get(ctx)
	_, ended := other.Exec(ctx, "ROLLBACK")
	if err := errors.Join(err, ended); err != nil {
		return "", err
	}
	if got != mine {
		return "a connection changes its session", nil
	}
	return "", nil
}

// refusesTransactions reports whether err is what PgBouncer says to BEGIN if it hands connections
// out for one statement: a violation of the protocol.
func refusesTransactions(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "08P01"
}

// hears reports whether s is told of what other notifies it of.
func (s session) hears(ctx context.Context, other session) (bool, error) {
	const channel = "switchyard_direct"
	if _, err := s.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, fmt.Errorf("listen: %w", err)
	}
	word := rand.Text()
	if _, err := other.Exec(ctx, `SELECT pg_notify($1, $2)`, pgx.QueryExecModeSimpleProtocol, channel, word); err != nil {
		return false, fmt.Errorf("notify: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	for {
		said, err := s.WaitForNotification(waiting)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case waiting.Err() != nil:
			return false, nil
		case err != nil:
			return false, err
		case said.Payload == word: // not that of another program that asks
			return true, nil
		}
	}
}
