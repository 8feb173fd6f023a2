package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// asked is a query, kept to ask it once more.
type asked struct {
	ctx  context.Context //nolint:containedctx // that of the question
	db   *DB
	sql  string
	args []any
}

// Query is [pgxpool.Pool.Query]. It is tried once more if tables have changed.
func (d *DB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	r := &rows{asked: asked{ctx, d, sql, args}}
	first, err := r.ask(ctx, &r.first, near)
	r.freshRows = freshRows{Rows: first, query: &r.asked, tries: d.tries}
	return r, failure(err)
}

// QueryRow is [pgxpool.Pool.QueryRow]. It is tried once more if tables have changed.
func (d *DB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	r := &row{asked: asked{ctx, d, sql, args}}
	r.askRow(ctx, &r.first, near)
	return r
}

// rows are those of a query of the pool, with all that they need in one piece.
type rows struct {
	freshRows
	asked

	first leasedRows
}

func (r *rows) Err() error { return failure(r.Rows.Err()) }

// row is that of a query of the pool, in one piece too.
type row struct {
	asked

	first leasedRow
}

func (r *row) Scan(dest ...any) error {
	return failure(freshRow{Row: &r.first, query: &r.asked, tries: r.db.tries}.Scan(dest...))
}

func (a *asked) again() (pgx.Rows, error) { return a.ask(a.ctx, &leasedRows{}, far) }

func (a *asked) againRow() (pgx.Row, error) {
	r := &leasedRow{}
	a.askRow(a.ctx, r, far)
	return r, nil
}

// ask asks for rows, for which r is made. If the error is not nil, they are rows with it. Who
// asks is among so many callers.
func (a *asked) ask(ctx context.Context, r *leasedRows, callers int) (pgx.Rows, error) {
	ctx, err := r.lease.ask(ctx, a.db, "rows that are not closed", callers)
	if err != nil {
		return pgx.FailedBatchResults(&pgx.Batch{}, err).Query() //nolint:sqlclosecheck // they are none
	}
	kept := false
	defer r.lease.releaseUnless(&kept)
	if r.Rows, err = r.lease.conn.Query(ctx, a.sql, a.args...); err != nil {
		return r.Rows, err
	}
	kept = true
	return r, nil
}

// askRow is ask for the row r.
func (a *asked) askRow(ctx context.Context, r *leasedRow, callers int) {
	ctx, err := r.lease.ask(ctx, a.db, "a row that is not scanned", callers)
	if err != nil {
		r.lease.ended.Store(true)
		r.Row = pgx.FailedBatchResults(&pgx.Batch{}, err).QueryRow()
		return
	}
	kept := false
	defer r.lease.releaseUnless(&kept)
	r.Row = r.lease.conn.QueryRow(ctx, a.sql, a.args...)
	kept = true
}
