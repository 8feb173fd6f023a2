package db

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// sessionAttrs is the parameter of a URL that says which servers will do.
const sessionAttrs = "target_session_attrs"

// readOnlyCode is that of the error of a write where nothing can be written.
const readOnlyCode = "25006"

// leaving are the codes of a server that shuts down, has crashed, or does not take
// connections yet.
var leaving = []string{"57P01", "57P02", "57P03"} //nolint:gochecknoglobals // a constant, were it no list

// maybeReadOnly reports whether the URL asks for servers of which nobody expects that
// they take writes.
func maybeReadOnly(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	attrs := u.Query().Get(sessionAttrs)
	return attrs != "" && attrs != "read-write" && attrs != "primary"
}

// resetter closes a pool's connections: at once those that are idle, the others when
// they come back.
type resetter struct{ pool atomic.Pointer[pgxpool.Pool] }

func (r *resetter) reset() {
	if p := r.pool.Load(); p != nil { // it may open its first connections before we have it
		p.Reset()
	}
}

// expectFailover has the pool give up its connections when one of them says that another
// server takes this one's place, or that this one takes no writes any more. A connection
// that is known to read only is not used again. The caller sets the resetter's pool.
//
// PostgreSQL from version 14 on says by itself when a session gets read-only. What a
// pooler says of that may be as old as its oldest connection.
func expectFailover(c *pgxpool.Config, behindPooler bool) *resetter {
	r := &resetter{}
	if maybeReadOnly(c.ConnString()) {
		return r
	}
	otherwise := c.ConnConfig.OnPgError
	c.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		gone := slices.Contains(leaving, err.Code) ||
			err.Code == readOnlyCode && (behindPooler || !takesWrites(conn))
		if !gone {
			return otherwise(conn, err)
		}
		r.reset()
		return false
	}
	if !behindPooler {
		c.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) {
			if !readsOnly(conn.PgConn()) {
				return true, nil
			}
			r.reset()
			return false, nil
		}
	}
	return r
}

// What a server says of a session whenever it changes: "on" or "off". Older ones say
// nothing.
const (
	standby  = "in_hot_standby"
	defaults = "default_transaction_read_only"
)

func readsOnly(c *pgconn.PgConn) bool {
	return c.ParameterStatus(standby) == "on" || c.ParameterStatus(defaults) == "on"
}

// takesWrites reports whether the session is known to take writes: a transaction that
// does not was made so by who began it.
func takesWrites(c *pgconn.PgConn) bool {
	return c.ParameterStatus(standby) == "off" && c.ParameterStatus(defaults) == "off"
}

// isReadOnly reports whether err says that nothing can be written.
func isReadOnly(err error) bool {
	var refused *pgconn.PgError
	return errors.Is(err, pgconn.ErrReadOnlyConnection) || errors.As(err, &refused) && refused.Code == readOnlyCode
}

// stale reports whether err, of the first statement that a connection got, says that the
// connection was no good any more.
func stale(err error) bool {
	var connecting *pgconn.ConnectError
	return err != nil && !errors.As(err, &connecting) && unreachable(err)
}
