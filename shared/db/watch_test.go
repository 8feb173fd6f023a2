package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"switchyard/shared/config"
	"switchyard/shared/db"
)

// A statement ends with its context, wherever it is, and its connection is as good as before.
func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.MaxConns = 1 })
	var slow int
	for name, ask := range map[string]func(ctx context.Context) error{
		"a statement": func(ctx context.Context) error { _, err := d.Exec(ctx, `SELECT pg_sleep(600)`); return err },
		"a row":       func(ctx context.Context) error { return d.QueryRow(ctx, `SELECT 1 FROM pg_sleep(600)`).Scan(&slow) },
		"rows": func(ctx context.Context) error {
			rows, err := d.Query(ctx, `SELECT CASE WHEN n > 9000 THEN pg_sleep(600) END FROM generate_series(1, 10000) n`)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return rows.Err()
		},
		"one that waits for a connection": func(ctx context.Context) error {
			held, err := d.Acquire(context.WithoutCancel(ctx))
			if err != nil {
				return err
			}
			defer held.Release()
			return works(ctx, d)
		},
	} {
		for why, want := range map[string]error{"time": context.DeadlineExceeded, "its caller": context.Canceled} {
			ctx, end := context.WithCancel(t.Context())
			if errors.Is(want, context.Canceled) {
				time.AfterFunc(50*time.Millisecond, end)
			} else {
				ctx, end = context.WithTimeout(ctx, 50*time.Millisecond)
			}
			if err := ask(ctx); !errors.Is(err, want) {
				t.Errorf("%s, ended by %s: %v", name, why, err)
			}
			end()
			if err := ask(ctx); !errors.Is(err, want) {
				t.Errorf("%s, ended by %s before it begins: %v", name, why, err)
			}
			if err := works(t.Context(), d); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
		}
	}
	eventually(t, "none is at work", func() bool { return atWork(t, d) == 0 })
}

// atWork returns how many statements the server carries out for others in the database.
func atWork(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Of a context that ends when all has been read, the connection's next owner knows nothing.
func TestEndsTooLate(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.MaxConns = 1 })
	for range 3 {
		ctx, end := context.WithCancel(t.Context())
		rows, err := d.Query(ctx, `SELECT 1`)
		if err != nil {
			t.Fatal(err)
		}
		end()
		time.Sleep(50 * time.Millisecond) // by then it is known
		rows.Close()
		if err := errors.Join(rows.Err(), works(t.Context(), d)); err != nil {
			t.Error(err)
		}
	}
	if n := d.Stat().NewConnsCount(); n != 1 {
		t.Errorf("it took %d connections", n)
	}
}
