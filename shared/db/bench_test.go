package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// maxOneRow is how many allocations a query of one row may take in a call, beyond those of
// pgx by itself: it takes what it holds of the pool, and what it takes to try the query again,
// and saves what pgx needs to hear of the end of its context.
const maxOneRow = -2

//nolint:paralleltest // it counts what is allocated
func TestMemoryOfOneRow(t *testing.T) {
	d := dbtest.New(t)
	call := &fn.Call{}
	call.Begin(&fn.Callee{Name: "api/one", Info: fn.Info{Timeout: time.Minute}})
	defer call.End()
	ctx := fn.WithCall(t.Context(), call)
	bare := testing.AllocsPerRun(100, func() { oneRow(t, ctx, d.Pool.QueryRow) })
	if n := testing.AllocsPerRun(100, func() { oneRow(t, ctx, d.QueryRow) }); n > bare+maxOneRow {
		t.Errorf("a row takes %v allocations, want %v at most", n, bare+maxOneRow)
	}
}

func oneRow(tb testing.TB, ctx context.Context, queryRow func(context.Context, string, ...any) pgx.Row) { //nolint:revive // tb comes first
	tb.Helper()
	id := uuid.UUID{15: 1}
	var read uuid.UUID
	var name string
	if err := queryRow(ctx, `SELECT $1::uuid, 'a name'`, id).Scan(&read, &name); err != nil || read != id {
		tb.Fatal(read, err)
	}
}

// BenchmarkOneRow compares a row by the pool alone with one that a call gets: in turn, since
// the machine may have other work.
func BenchmarkOneRow(b *testing.B) {
	d := dbtest.New(b)
	call := &fn.Call{}
	call.Begin(&fn.Callee{Name: "api/one", Info: fn.Info{Timeout: time.Minute}})
	defer call.End()
	ctx := fn.WithCall(b.Context(), call)
	var bare, called time.Duration
	for b.Loop() {
		began := time.Now()
		oneRow(b, ctx, d.Pool.QueryRow)
		between := time.Now()
		oneRow(b, ctx, d.QueryRow)
		bare, called = bare+between.Sub(began), called+time.Since(between)
	}
	b.ReportMetric(float64(called)/float64(bare), "called/bare")
}
