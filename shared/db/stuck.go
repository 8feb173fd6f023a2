package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// stuckTimeout bounds the wait for the pool, and that for the server.
const stuckTimeout = 2 * time.Second

// Stuck returns a check that fails while the pool is stuck: it has given nobody a connection
// since the check was last made, nor gives it one now, while the database answers at once
// over a connection outside of the pool. A pool that is busy gives connections, if late;
// and while the database is away, it is not the pool that is at fault.
func (d *DB) Stuck() func(context.Context) error {
	given := int64(-1)
	return func(ctx context.Context) error {
		limited, cancel := context.WithTimeout(ctx, stuckTimeout)
		defer cancel()
		conn, err := d.Acquire(limited)
		if err == nil {
			conn.Release()
		}
		stat := d.Stat()
		if err == nil || stat.AcquireCount() != given {
			given = stat.AcquireCount()
			return nil
		}
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || d.answersOutside(ctx) != nil {
			return nil
		}
		return fmt.Errorf("%d of %d connections are in use and none comes back, while the database answers", stat.AcquiredConns(), stat.MaxConns())
	}
}

// answersOutside asks the database over a connection outside of the pool.
func (d *DB) answersOutside(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stuckTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, d.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return conn.Ping(ctx)
}
