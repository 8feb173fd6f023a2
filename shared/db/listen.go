package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/backoff"
)

// listenAgain is how long [DB.Listen] waits before it opens a new connection.
var listenAgain = backoff.Policy{First: 250 * time.Millisecond, Longest: time.Second} //nolint:gochecknoglobals // a constant, were it no struct

// Listen opens a connection that no pooler stands before, has it LISTEN to channel, an
// identifier as SQL has it, and calls work with it. When work returns, it closes the connection and begins again with a
// new one, until ctx ends. Before that it waits, for a second at most. So work takes its
// time: it returns the error of conn.WaitForNotification, or whatever else ends it.
//
// What was notified while there was no connection is lost, so that work first looks at
// what may have happened. If failed is not nil, it is called with the error for which
// there is no connection, or which work has returned, unless ctx has ended.
func (d *DB) Listen(
	ctx context.Context, channel string, work func(ctx context.Context, conn *pgx.Conn) error, failed func(error),
) {
	for failures := 1; ; failures++ {
		began := time.Now()
		err := d.listenOnce(ctx, channel, work)
		if ctx.Err() != nil {
			return
		}
		if failed != nil {
			failed(err)
		}
		if time.Since(began) > listenAgain.Longest {
			failures = 1
		}
		backoff.Sleep(ctx, listenAgain.After(failures))
	}
}

func (d *DB) listenOnce(ctx context.Context, channel string, work func(context.Context, *pgx.Conn) error) error {
	conn, err := d.Direct(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return failure(fmt.Errorf("listen to %s: %w", channel, err))
	}
	return work(ctx, conn)
}
