package db

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

var errEnded = errors.New("its call has ended, and with it what the call may do with the database")

// lease is a connection of the pool for as long as somebody has it. It ends once: by who
// has it, or with the call of a function for which it was taken.
type lease struct {
	db     *DB
	pooled *pgxpool.Conn
	conn   *pgx.Conn // stays after the end, when it is closed or somebody else's
	share  *share
	call   *fn.Call // nil: the host has it
	what   string
	where  [far]uintptr
	ended  atomic.Bool

	watched watched // if it is for a statement
}

// So many callers it takes to leave this package, from a statement of the pool, and from
// anywhere: to look at each takes time.
const (
	near = 4
	far  = 8
)

// lease takes a connection from the pool, for what it says. The error is that of [lease.take].
func (d *DB) lease(ctx context.Context, what string) (*lease, error) {
	l := &lease{}
	if err := l.take(ctx, d, what, far); err != nil {
		return nil, err
	}
	return l, nil
}

// take begins l, which is a zero one: an ended one stays ended. The error is that of a share
// that is used up, of a call that has ended, or the pool's. Who took it is among so many callers.
func (l *lease) take(ctx context.Context, d *DB, what string, callers int) (err error) {
	l.db, l.call, l.what = d, fn.CallOf(ctx), what
	if l.share, err = d.bulkheads.enter(ctx, l.call); err != nil {
		return err
	}
	if l.pooled, err = d.Pool.Acquire(ctx); err != nil {
		d.bulkheads.leave(l.share, l.call, false)
		return err
	}
	l.conn = l.pooled.Conn()
	if l.call == nil {
		return nil
	}
	runtime.Callers(2, l.where[:callers])
	if !l.call.Opens(l) {
		l.release()
		return fault.New(fault.Unavailable, "This took too long. Try again later.").Because(fmt.Errorf("%s: %w", l.share.name, errEnded))
	}
	return nil
}

// ask is take for a statement, which asks with the context that it returns: it ends with ctx.
func (l *lease) ask(ctx context.Context, d *DB, what string, callers int) (context.Context, error) {
	if err := l.take(d.watch.begin(&l.watched, ctx), d, what, callers); err != nil {
		d.watch.end(&l.watched)
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		l.release()
		return nil, err
	}
	return d.watch.has(&l.watched, l.conn.PgConn().Conn()), nil
}

// release gives the connection back, unless the lease has ended.
func (l *lease) release() {
	if l.ended.Swap(true) {
		return
	}
	if l.db.watch.end(&l.watched) && !l.conn.IsClosed() {
		_ = l.conn.PgConn().Conn().SetDeadline(time.Time{})
	}
	if l.call != nil {
		l.call.Closes(l)
	}
	l.pooled.Release()
	l.db.bulkheads.leave(l.share, l.call, false)
}

// releaseUnless gives the connection back unless it is kept: also if an argument panics while it is encoded.
func (l *lease) releaseUnless(kept *bool) {
	if !*kept {
		l.release()
	}
}

// Abandon implements [fn.Opened]. Somebody may be using the connection, so that all that can
// be done to it is to take it out of the pool and to break it. Its server then rolls back.
func (l *lease) Abandon() string {
	if l.ended.Swap(true) {
		return ""
	}
	l.db.watch.end(&l.watched)
	network := l.pooled.Hijack().PgConn().Conn()
	if encrypted, ok := network.(*tls.Conn); ok {
		network = encrypted.NetConn() // its own Close waits for the other side
	}
	_ = network.Close()
	l.db.bulkheads.leave(l.share, l.call, true)
	return l.what + ", from " + l.from()
}

// own is how the names of this package's functions begin.
var own = reflect.TypeFor[DB]().PkgPath() + "." //nolint:gochecknoglobals // a constant, were it known to the compiler

// from returns the function outside of this package that took the connection, and its line.
func (l *lease) from() string {
	frames := runtime.CallersFrames(l.where[:])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, own) {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return "somewhere"
		}
	}
}
