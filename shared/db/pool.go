package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Conn is a connection of the pool that somebody has for a while.
type Conn struct{ lease *lease }

// Acquire takes a connection from the pool. The caller releases it.
func (d *DB) Acquire(ctx context.Context) (*Conn, error) {
	l, err := d.lease(ctx, "a connection")
	if err != nil {
		return nil, err
	}
	return &Conn{l}, nil
}

// AcquireFunc calls f with a connection of the pool, and takes that back.
func (d *DB) AcquireFunc(ctx context.Context, f func(*Conn) error) error {
	c, err := d.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return f(c)
}

// Conn returns the connection itself. It must not be used once it is released.
func (c *Conn) Conn() *pgx.Conn { return c.lease.conn }

// Release gives the connection back. It may be called again without effect.
func (c *Conn) Release() { c.lease.release() }

// Exec is [pgx.Conn.Exec].
func (c *Conn) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return c.Conn().Exec(ctx, sql, args...)
}

// Query is [pgx.Conn.Query].
func (c *Conn) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return c.Conn().Query(ctx, sql, args...)
}

// QueryRow is [pgx.Conn.QueryRow].
func (c *Conn) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return c.Conn().QueryRow(ctx, sql, args...)
}

// SendBatch is [pgx.Conn.SendBatch].
func (c *Conn) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return c.Conn().SendBatch(ctx, b)
}

// CopyFrom is [pgx.Conn.CopyFrom].
func (c *Conn) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	return c.Conn().CopyFrom(ctx, table, columns, source)
}

// Begin is [DB.Begin] on this connection.
func (c *Conn) Begin(ctx context.Context) (pgx.Tx, error) { return c.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx is [DB.BeginTx] on this connection.
func (c *Conn) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	return c.Conn().BeginTx(ctx, c.lease.share.bounded(o))
}

// Begin is [DB.BeginTx] without options.
func (d *DB) Begin(ctx context.Context) (pgx.Tx, error) { return d.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx begins a transaction, which the caller commits or rolls back. In a call of a
// function, the server ends it if a statement takes longer than the function's Timeout, or
// nothing is asked for as long. [DB.InTx] is the better way.
func (d *DB) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	l, err := d.lease(ctx, "a transaction")
	if err != nil {
		return nil, err
	}
	t, err := l.conn.BeginTx(ctx, l.share.bounded(o))
	if err != nil {
		l.release()
		return nil, err
	}
	return &leasedTx{t, l}, nil
}

// CopyFrom is [pgx.Conn.CopyFrom] on a connection of the pool.
func (d *DB) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (n int64, err error) {
	err = d.AcquireFunc(ctx, func(c *Conn) error {
		n, err = c.CopyFrom(ctx, table, columns, source)
		return err
	})
	return n, err
}

// Ping asks the database for nothing.
func (d *DB) Ping(ctx context.Context) error {
	return d.AcquireFunc(ctx, func(c *Conn) error { return c.Conn().Ping(ctx) })
}

// SendBatch is [pgx.Conn.SendBatch] on a connection of the pool, until the results are
// closed, or the transaction that the batch has begun has ended.
func (d *DB) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	l, err := d.lease(ctx, "a batch")
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	kept := false
	defer l.releaseUnless(&kept)
	results := l.conn.SendBatch(ctx, b)
	kept = true
	return &leasedBatch{results, l}
}

func (d *DB) exec(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	l := &lease{}
	if ctx, err = l.ask(ctx, d, "a statement", near); err != nil {
		return tag, err
	}
	defer l.release()
	return l.conn.Exec(ctx, sql, args...)
}
