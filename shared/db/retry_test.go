package db_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// TestDeadlock has two transactions lock two rows in opposite order. Both succeed.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.URL = with(t, c.URL, "deadlock_timeout", "20ms") })
	if _, err := d.Exec(t.Context(), `CREATE TABLE thing (id int PRIMARY KEY, n int)`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `INSERT INTO thing VALUES (1, 0), (2, 0)`); err != nil {
		t.Fatal(err)
	}
	ctx, _ := called(t, "api/locks")
	var met sync.WaitGroup // both have their first row
	met.Add(2)
	var both sync.WaitGroup
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		both.Go(func() {
			first := true
			err := d.InTx(ctx, func(tx pgx.Tx) error {
				for _, id := range order {
					if _, err := tx.Exec(ctx, `UPDATE thing SET n = n + 1 WHERE id = $1`, id); err != nil {
						return fault.New(fault.Internal, "It did not work.").Because(err)
					}
					if first {
						first = false
						met.Done()
						met.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%v: %v", order, err)
			}
		})
	}
	both.Wait()
	var n int
	if err := d.QueryRow(t.Context(), `SELECT sum(n) FROM thing`).Scan(&n); err != nil || n != 4 {
		t.Errorf("the sum is %d, %v", n, err)
	}
	if got := figure(t, d, "switchyard_db_retries_total"); got < 1 {
		t.Errorf("retries: %v", got)
	}
}

// A transaction is tried five times, and others are told to come again. Any other error
// ends it.
func TestRetries(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for _, tt := range []struct {
		code        string
		times, want int
		passes      func(err error) bool
	}{
		{"40001", 2, 3, func(err error) bool { return err == nil }},
		{"40P01", 4, 5, func(err error) bool { return err == nil }},
		{"40001", 9, 5, func(err error) bool { return fault.Is(err, fault.Unavailable) }},
		{"23505", 9, 1, func(err error) bool { return fault.Is(err, fault.Internal) }},
	} {
		calls, followed := 0, 0
		err := d.InTx(t.Context(), func(tx pgx.Tx) error {
			tx.(interface{ Then(f func()) }).Then(func() { followed++ }) //nolint:forcetypeassert // that is what is tested
			if calls++; calls > tt.times {
				return nil
			}
			_, err := tx.Exec(t.Context(), `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '`+tt.code+`'; END $$`)
			return err
		})
		if calls != tt.want || !tt.passes(err) {
			t.Errorf("%s: %d calls, %v", tt.code, calls, err)
		}
		if want := map[bool]int{true: 1}[err == nil]; followed != want {
			t.Errorf("%s: what follows the commit has followed %d times, want %d", tt.code, followed, want)
		}
	}
	calls := 0
	again := func(pgx.Tx) error { calls++; return serializationFailure(t, d) }
	err := d.InTx(t.Context(), func(pgx.Tx) error { return d.InTx(t.Context(), again) })
	var later *fault.RetryAfterError
	if calls != 5 || !errors.As(err, &later) || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("one inside of another: %d calls, %v", calls, err)
	}
}

func serializationFailure(t *testing.T, d *db.DB) error {
	t.Helper()
	_, err := d.Exec(t.Context(), `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$`)
	return err
}
