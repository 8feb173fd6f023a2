package db

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// outdated reports whether err says that what a connection remembers of a statement is not
// so any more, since tables have changed: pgx forgets it then, and PostgreSQL has not begun
// to carry the statement out. Messages may be translated, names of routines are not.
func outdated(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch refused.Code {
	case "0A000": // cached plan must not change result type
		return refused.Routine == "RevalidateCachedQuery"
	case "08P01": // bind message has … result formats but query has … columns
		return refused.Routine == "PortalSetResultFormat"
	case "26000": // prepared statement … does not exist
		return true
	case "XX000":
		return strings.HasPrefix(refused.Message, "cache lookup failed for ")
	}
	return false
}

// forgottenAt is where a connection notes of how many changes it has heard.
const forgottenAt = "switchyard.forgottenAt"

// forgetOutdated has all connections forget their statements once one of them finds that
// tables have changed, so that transactions on the others do not stumble one by one. A
// pooler's connections are not ours to clean.
func forgetOutdated(c *pgxpool.Config) {
	if c.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return
	}
	var changes atomic.Int64
	onError, prepare := c.ConnConfig.OnPgError, c.PrepareConn
	c.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if heard, _ := conn.CustomData()[forgottenAt].(int64); outdated(err) && heard == changes.Load() {
			changes.Add(1)
		}
		return onError(conn, err)
	}
	c.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		data, now := conn.PgConn().CustomData(), changes.Load()
		if heard, _ := data[forgottenAt].(int64); heard != now {
			if err := conn.DeallocateAll(ctx); err != nil {
				return false, nil //nolint:nilerr // another connection takes its place
			}
			data[forgottenAt] = now
		}
		if prepare == nil {
			return true, nil
		}
		return prepare(ctx, conn)
	}
}

// query is one that can be asked once more, for rows or for a row.
type query interface {
	again() (pgx.Rows, error)
	againRow() (pgx.Row, error)
}

// freshRows are those of a query that is tried again before its first row if it was outdated.
type freshRows struct {
	pgx.Rows

	query  query
	tries  int // that are left
	pieces pieces
}

func (r *freshRows) Next() bool {
	for !r.Rows.Next() {
		if r.tries == 0 || !outdated(r.Err()) {
			return false
		}
		next, err := r.query.again()
		if err != nil && next == nil {
			return false
		}
		r.Rows = next
		r.tries--
	}
	r.tries = 0
	return true
}

// freshRow is that of a query that is tried again if it was outdated.
type freshRow struct {
	pgx.Row

	query query
	tries int // that are left
}

func (r freshRow) Scan(dest ...any) error {
	err := r.Row.Scan(dest...)
	for ; outdated(err) && r.tries > 0; r.tries-- {
		next, failed := r.query.againRow()
		if failed != nil {
			return failed
		}
		err = next.Scan(dest...)
	}
	return err
}

// tx is a transaction of [DB.InTx]. If its first statement was outdated, nothing has happened
// yet: it begins anew.
type tx struct {
	pgx.Tx

	db *DB
	// tries are those that are left to the first statement, none once it was.
	tries int
	then  []func() // what follows its commit
}

// Then has [DB.InTx] call f once it has committed the transaction, before it returns. It does not
// call f if the transaction was rolled back, or if nobody knows whether it was committed. So nothing
// may depend on f: the process may end before it, too. pgx has no such thing: callers look whether
// their pgx.Tx has this method.
func (t *tx) Then(f func()) { t.then = append(t.then, f) }

// anew begins the transaction once more.
func (t *tx) anew(ctx context.Context) error {
	_ = t.Rollback(ctx)
	begun, err := t.db.begin(ctx)
	if err == nil {
		t.Tx = begun
	}
	return err
}

// first returns how often the statement that follows may be tried again.
func (t *tx) first() (tries int) {
	tries, t.tries = t.tries, 0
	return tries
}

func (t *tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tries := t.first()
	tag, err := t.Tx.Exec(ctx, sql, args...)
	for ; outdated(err) && tries > 0 && t.anew(ctx) == nil; tries-- {
		tag, err = t.Tx.Exec(ctx, sql, args...)
	}
	return tag, err
}

func (t *tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	tries := t.first()
	r, err := t.Tx.Query(ctx, sql, args...)
	return &freshRows{Rows: r, tries: tries, query: txQuery{asked{ctx: ctx, sql: sql, args: args}, t}}, err
}

// txQuery is one that is the first of its transaction.
type txQuery struct {
	asked

	tx *tx
}

func (q txQuery) again() (pgx.Rows, error) {
	if err := q.tx.anew(q.ctx); err != nil {
		return nil, err
	}
	return q.tx.Tx.Query(q.ctx, q.sql, q.args...)
}

func (q txQuery) againRow() (pgx.Row, error) {
	if err := q.tx.anew(q.ctx); err != nil {
		return nil, err
	}
	return q.tx.Tx.QueryRow(q.ctx, q.sql, q.args...), nil
}

func (t *tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	tries := t.first()
	return freshRow{Row: t.Tx.QueryRow(ctx, sql, args...), tries: tries, query: txQuery{asked{ctx: ctx, sql: sql, args: args}, t}}
}

func (t *tx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	t.first()
	return t.Tx.SendBatch(ctx, b)
}

func (t *tx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	t.first()
	return t.Tx.CopyFrom(ctx, table, columns, source)
}

func (t *tx) Begin(ctx context.Context) (pgx.Tx, error) {
	t.first()
	return t.Tx.Begin(ctx)
}
