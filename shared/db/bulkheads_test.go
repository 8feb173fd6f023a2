package db_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// called returns a call of the function called name, and its context.
func called(t *testing.T, name string) (context.Context, *fn.Call) {
	t.Helper()
	c := &fn.Call{}
	c.Begin(&fn.Callee{Name: name, Info: fn.Info{Timeout: 30 * time.Second}})
	t.Cleanup(func() { c.End() })
	return fn.WithCall(t.Context(), c), c
}

// ofFour opens a pool of four connections: all functions have three, each has two.
func ofFour(t *testing.T) *db.DB {
	t.Helper()
	return open(t, func(c *config.Database) { c.MaxConns = 4 })
}

// hold begins a transaction in a call of the function.
func hold(t *testing.T, d *db.DB, name string) (context.Context, pgx.Tx) {
	t.Helper()
	ctx, _ := called(t, name)
	tx, err := d.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	return ctx, tx
}

func works(ctx context.Context, d *db.DB) error {
	_, err := d.Exec(ctx, `SELECT 1`)
	return err
}

// A function that holds its share leaves the others alone, and the host.
func TestShare(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	_, first := hold(t, d, "api/bad")
	hold(t, d, "api/bad")
	third, _ := called(t, "api/bad")

	short, cancel := context.WithTimeout(third, 50*time.Millisecond)
	defer cancel()
	err := works(short, d)
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "api/bad has used up its share of 2 of the pool's 4 connections") {
		t.Errorf("a third call: %v", err)
	}
	gone, leave := context.WithCancel(third)
	leave()
	if err := works(gone, d); !errors.Is(err, context.Canceled) || fault.Is(err, fault.Unavailable) {
		t.Errorf("a third call whose caller is gone: %v", err)
	}
	good, _ := called(t, "api/good")
	for range 10 {
		if err := errors.Join(works(good, d), works(t.Context(), d)); err != nil {
			t.Fatalf("the others: %v", err)
		}
	}
	waited := make(chan error, 1)
	go func() { waited <- works(third, d) }()
	if err := first.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("who waited when there is room again: %v", err)
	}
}

// All functions together leave a connection to the host.
func TestReserve(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	for _, name := range []string{"api/a", "api/b", "api/c"} {
		hold(t, d, name)
	}
	other, _ := called(t, "api/d")
	short, cancel := context.WithTimeout(other, 50*time.Millisecond)
	defer cancel()
	if err := works(short, d); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "all functions together") {
		t.Errorf("one function more: %v", err)
	}
	if err := works(t.Context(), d); err != nil {
		t.Errorf("the host: %v", err)
	}
}

// Calls that have all of their share, and each of which needs one connection more, get it
// one after the other.
func TestNested(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	one, _ := hold(t, d, "api/a")
	two, _ := hold(t, d, "api/a")
	var both sync.WaitGroup
	for _, ctx := range []context.Context{one, two} {
		both.Go(func() {
			for range 5 {
				if err := works(ctx, d); err != nil {
					t.Errorf("beside a transaction: %v", err)
				}
			}
		})
	}
	both.Wait()
	beside, err := d.Begin(one) // beyond the share
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = beside.Rollback(t.Context()) }()
	waiting, cancel := context.WithCancel(two)
	defer cancel()
	go func() { _ = works(waiting, d) }()
	eventually(t, "it waits", func() bool { return figure(t, d, "switchyard_db_waiting") == 1 })
	short, end := context.WithTimeout(one, 50*time.Millisecond)
	defer end()
	if err := works(short, d); err == nil || !strings.Contains(err.Error(), "use the transaction and not the pool") {
		t.Errorf("a third connection of a call, while all wait: %v", err)
	}
}

// Whatever a call leaves open is closed at its end, and told with its place.
func TestLeftOpen(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	if _, err := d.Exec(t.Context(), `CREATE TABLE thing (n int)`); err != nil {
		t.Fatal(err)
	}
	batch := func() *pgx.Batch {
		b := &pgx.Batch{}
		b.Queue(`SELECT 1`)
		return b
	}
	for name, leave := range map[string]func(ctx context.Context) error{
		"a transaction": func(ctx context.Context) error {
			tx, err := d.Begin(ctx)
			if err == nil {
				_, err = tx.Exec(ctx, `INSERT INTO thing VALUES (1)`)
			}
			return err
		},
		"a transaction, ": func(ctx context.Context) error {
			_, err := d.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
			return err
		},
		"rows that are not closed": func(ctx context.Context) error {
			_, err := d.Query(ctx, `SELECT generate_series(1, 10000)`) //nolint:sqlclosecheck // as is tested
			return err
		},
		"a row that is not scanned": func(ctx context.Context) error { d.QueryRow(ctx, `SELECT 1`); return nil },
		"a connection":              func(ctx context.Context) error { _, err := d.Acquire(ctx); return err },
		"a batch":                   func(ctx context.Context) error { d.SendBatch(ctx, batch()); return nil },
	} {
		ctx, call := called(t, "api/leaves")
		if err := leave(ctx); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		left := call.End()
		if len(left) != 1 || !strings.HasPrefix(left[0], name) || !strings.Contains(left[0], "TestLeftOpen") || !strings.Contains(left[0], "(bulkheads_test.go:") {
			t.Errorf("%s: told as %q", name, left)
		}
		if err := works(ctx, d); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "call has ended") {
			t.Errorf("%s: after its end the call gets %v", name, err)
		}
	}
	eventually(t, "the server has rolled back", func() bool {
		var n int
		if err := d.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = relation WHERE relname = 'thing'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	eventually(t, "no connection is in use", func() bool { return d.Stat().AcquiredConns() == 0 })
	if left := figure(t, d, "switchyard_db_left_open_total"); left != 6 {
		t.Errorf("%v were left open", left)
	}
}

// What a call has given back is not left open, however it was used.
func TestGivenBack(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	ctx, call := called(t, "api/tidy")
	for range 10 {
		var one int
		rows, err := d.Query(ctx, `SELECT generate_series(1, 3)`)
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		conn, err := d.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		conn.Release()
		conn.Release()
		begins := &pgx.Batch{}
		begins.Queue(`SELECT 1`)
		_, wrong := d.Query(ctx, `SELECT wrong`) //nolint:sqlclosecheck // there are none
		copied, err := d.CopyFrom(ctx, pgx.Identifier{"pg_temp", "no"}, nil, pgx.CopyFromRows(nil))
		if wrong == nil || err == nil || copied != 0 {
			t.Error("what is wrong passes")
		}
		err = errors.Join(d.Ping(ctx), d.SendBatch(ctx, begins).Close(), d.QueryRow(ctx, `SELECT 1`).Scan(&one),
			d.InTx(ctx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, `SELECT 1`).Scan(&one) }))
		if err != nil {
			t.Fatal(err)
		}
	}
	if left := call.End(); left != nil || d.Stat().AcquiredConns() != 0 || d.Stat().TotalConns() > 1 {
		t.Errorf("left: %q, %d connections of %d", left, d.Stat().AcquiredConns(), d.Stat().TotalConns())
	}
}

// A call ends while it uses what it has opened: the statement ends too.
func TestEndsInUse(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	ctx, call := called(t, "api/slow")
	ended := make(chan error, 2)
	go func() {
		ended <- d.InTx(context.WithoutCancel(ctx), func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `SELECT 'slow', pg_sleep(600)`)
			return err
		})
	}()
	go func() {
		_, err := d.Exec(context.WithoutCancel(ctx), `SELECT 'slow', pg_sleep(600)`)
		ended <- err
	}()
	running := func() (n int) {
		err := d.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE 'SELECT ''slow''%' AND state = 'active'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "both run", func() bool { return running() == 2 })
	if left := call.End(); len(left) != 2 {
		t.Errorf("left: %q", left)
	}
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a statement goes on after its call")
		}
	}
	eventually(t, "none runs", func() bool { return running() == 0 })
}

// A transaction of a function has limits of the server, others have one for doing nothing.
func TestLimits(t *testing.T) {
	t.Parallel()
	d := ofFour(t)
	ctx, _ := called(t, "api/a")
	show := func(queryRow func(context.Context, string, ...any) pgx.Row) (text string) {
		err := queryRow(ctx, `SELECT concat_ws(' ', current_setting('statement_timeout'),
			current_setting('idle_in_transaction_session_timeout'), current_setting('transaction_isolation'), current_setting('transaction_read_only'))`).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	begin := func(ctx context.Context, d *db.DB, o pgx.TxOptions) string {
		tx, err := d.BeginTx(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(ctx) }()
		return show(tx.QueryRow)
	}
	url := d.Config().ConnString()
	own := open(t, func(c *config.Database) {
		c.URL = with(t, config.Secret(url), "statement_timeout", "77s")
		c.URL = with(t, c.URL, "idle_in_transaction_session_timeout", "88s")
	})
	for _, tt := range []struct{ got, want string }{
		{begin(ctx, d, pgx.TxOptions{}), "35s 35s read committed off"},
		{begin(ctx, d, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.NotDeferrable}), "35s 35s repeatable read on"},
		{show(d.QueryRow), "0 5min read committed off"}, // it was reset with the transaction
		{begin(t.Context(), d, pgx.TxOptions{}), "0 5min read committed off"},
		{begin(ctx, own, pgx.TxOptions{}), "77s 88s read committed off"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// figure returns the sum of a metric over all functions.
func figure(t *testing.T, d *db.DB, name string) (sum float64) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(d.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}
