package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const uniqueViolation = "23505" // an SQLSTATE

// one returns the row that sql yields, false if there is none. More than one row
// is an error. what is attempted, for the error.
func one[T any](ctx context.Context, q Queries, what string, scan pgx.RowToFunc[T], sql string, args ...any) (T, bool, error) {
	rows, err := q.q.Query(ctx, q.names.SQL(sql), args...)
	if err != nil {
		var zero T
		return zero, false, failure(what, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, failure(what, err)
}

// all returns the rows that sql yields; never nil without an error.
func all[T any](ctx context.Context, q Queries, what string, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := q.q.Query(ctx, q.names.SQL(sql), args...)
	if err != nil {
		return nil, failure(what, err)
	}
	list, err := pgx.CollectRows(rows, scan)
	return list, failure(what, err)
}

// exec runs sql and returns how many rows it was about.
func (q Queries) exec(ctx context.Context, what, sql string, args ...any) (int64, error) {
	tag, err := q.q.Exec(ctx, q.names.SQL(sql), args...)
	return tag.RowsAffected(), failure(what, err)
}

// failure adds to err what was attempted.
func failure(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// refused reports whether PostgreSQL refused with this SQLSTATE.
func refused(err error, code string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == code
}

// millis returns t as Better Auth keeps it.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func millisOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	m := millis(*t)
	return &m
}
