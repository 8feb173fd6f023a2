package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// leasedTx is a transaction that gives its connection back at its end.
type leasedTx struct {
	pgx.Tx

	lease *lease
}

func (t *leasedTx) Commit(ctx context.Context) error {
	defer t.lease.release()
	return t.Tx.Commit(ctx)
}

func (t *leasedTx) Rollback(ctx context.Context) error {
	defer t.lease.release()
	return t.Tx.Rollback(ctx)
}

// leasedRows are rows that give their connection back when they are closed, as they are
// after the last one, and by an error.
type leasedRows struct {
	pgx.Rows

	lease lease
}

func (r *leasedRows) Close() {
	defer r.lease.release()
	r.Rows.Close()
}

func (r *leasedRows) Next() bool {
	more := r.Rows.Next()
	if !more {
		r.Close()
	}
	return more
}

func (r *leasedRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

func (r *leasedRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// leasedRow is a row that gives its connection back when it is scanned.
type leasedRow struct {
	pgx.Row

	lease lease
}

func (r *leasedRow) Scan(dest ...any) error {
	defer r.lease.release()
	return r.Row.Scan(dest...)
}

// leasedBatch are results that give their connection back when they are closed, or when the
// transaction has ended that the batch began.
type leasedBatch struct {
	pgx.BatchResults

	lease *lease
}

func (b *leasedBatch) Close() error {
	if b.BatchResults.Tx() == nil {
		defer b.lease.release()
	}
	return b.BatchResults.Close()
}

func (b *leasedBatch) Tx() pgx.Tx {
	if t := b.BatchResults.Tx(); t != nil {
		return &leasedTx{t, b.lease}
	}
	return nil
}
