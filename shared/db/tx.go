package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fault"
)

// Querier is a [DB], a connection or a transaction: what a query needs that runs in any of
// them.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// InTx runs fn in a transaction. It is committed if fn returns nil; it is rolled
// back if fn panics or returns an error, which InTx then returns. A connection
// that could not be had, broke, or takes no writes any more is fault.Unavailable, a
// value that PostgreSQL cannot hold fault.Invalid.
//
// After an error nothing is written, with one exception that no database can
// avoid: the connection broke while the commit was under way.
//
// fn must use tx, not the pool: a second connection would not see what tx wrote.
//
// fn may be called up to five times: PostgreSQL gives a transaction up that is in a deadlock
// with others, or cannot be in one order with them (SQLSTATE 40P01, 40001), and InTx begins it
// again after a short wait, while ctx lasts. So fn leaves alone what no database takes back,
// such as mail, files and calls to others, and sets what is outside of it anew each time. If
// others are in the way each time, the error is fault.Unavailable.
//
// If a migration has changed what the first statement returns, the transaction begins anew
// before fn hears of it. A later statement fails then.
func (d *DB) InTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	for failures := 1; ; failures++ {
		err := d.inTx(ctx, fn)
		if !conflicted(err) {
			return err
		}
		if !d.again(ctx, failures) {
			return gaveUp(err, failures)
		}
	}
}

// inTx runs fn in a transaction once.
func (d *DB) inTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	begun, err := d.begin(ctx)
	if err != nil {
		return noConnection(fmt.Errorf("begin: %w", err))
	}
	tx := &tx{Tx: begun, db: d, tries: d.tries}
	ended := false
	defer func() {
		if !ended {
			tx.giveUp(ctx)
		}
	}()
	if err := fn(tx); err != nil {
		if tx.Conn().IsClosed() && ctx.Err() == nil {
			return unavailable(err)
		}
		return classified(err)
	}
	ended = true // whatever becomes of the commit
	if err := tx.Commit(ctx); err != nil {
		return failure(fmt.Errorf("commit: %w", err))
	}
	for _, then := range tx.then {
		then()
	}
	return nil
}

// giveUp rolls the transaction back. It takes time of its own because a rollback that fails
// costs the connection, and ctx may be why the transaction is given up.
func (t *tx) giveUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	_ = t.Rollback(ctx)
}

// classified returns err, which a function in a transaction returned, as fault.Invalid if
// it comes of a value that PostgreSQL cannot hold, unless the function has said already
// what it stands for.
func classified(err error) error {
	if _, said := errors.AsType[*fault.Error](err); said {
		return err
	}
	if invalid := unfit(err); invalid != nil {
		return invalid
	}
	return err
}

// begin begins a transaction: over a new connection if it turns out that the pool's are
// no good any more, since nothing was done in it yet.
func (d *DB) begin(ctx context.Context) (pgx.Tx, error) {
	tx, err := d.Begin(ctx)
	if stale(err) && ctx.Err() == nil {
		d.Reset()
		tx, err = d.Begin(ctx)
	}
	return tx, err
}

// Exec is [pgxpool.Pool.Exec]. A statement that was certainly not carried out, because
// the connection takes no writes or was broken before, or tables have changed, is tried once
// more.
func (d *DB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := d.exec(ctx, sql, args...)
	if stale(err) && (isReadOnly(err) || pgconn.SafeToRetry(err)) && ctx.Err() == nil {
		d.Reset()
		tag, err = d.exec(ctx, sql, args...)
	}
	for tries := d.tries; outdated(err) && tries > 0; tries-- {
		tag, err = d.exec(ctx, sql, args...)
	}
	return tag, failure(err)
}
