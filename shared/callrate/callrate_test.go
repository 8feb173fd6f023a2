package callrate_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/shared/callrate"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func open(t *testing.T, d *db.DB) *callrate.Rates {
	t.Helper()
	r, err := callrate.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func take(t *testing.T, r *callrate.Rates, function, client string, window time.Duration) (used time.Duration, ok bool) {
	t.Helper()
	used, ok, err := r.Take(t.Context(), function, client, window/5, window)
	if err != nil {
		t.Fatal(err)
	}
	return used, ok
}

// TestTake has a client make five calls at once, which is as many as it may.
func TestTake(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	r := open(t, d)
	for i := range 7 {
		used, ok := take(t, r, "api/x", "user/ada", 24*time.Hour)
		want := time.Duration(min(i+1, 5)) * 24 * time.Hour / 5
		if ok != (i < 5) || used > want || used < want-10*time.Minute {
			t.Errorf("call %d: %v, %v, want about %v", i+1, used, ok, want)
		}
	}
	for _, other := range [][2]string{{"api/x", "user/bob"}, {"api/y", "user/ada"}} {
		if _, ok := take(t, r, other[0], other[1], time.Hour); !ok {
			t.Errorf("%v is refused", other)
		}
	}
	// An interval later there is one more.
	if _, err := d.Exec(t.Context(), `UPDATE call_rate SET until = until - interval '4.8 h'`); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if _, ok := take(t, r, "api/x", "user/ada", 24*time.Hour); ok != want {
			t.Errorf("later, call %d: %v", i+1, ok)
		}
	}
}

// TestGiveBack has a client make as many calls as it may, one of which does not count.
func TestGiveBack(t *testing.T) {
	t.Parallel()
	r := open(t, dbtest.New(t))
	if err := r.GiveBack(t.Context(), "api/x", "ada", time.Hour); err != nil { // there is nothing to be given back
		t.Fatal(err)
	}
	for range 5 {
		take(t, r, "api/x", "ada", 5*time.Hour)
	}
	if err := r.GiveBack(t.Context(), "api/x", "ada", time.Hour); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if _, ok := take(t, r, "api/x", "ada", 5*time.Hour); ok != want {
			t.Errorf("call %d after that: %v", i+1, ok)
		}
	}
}

// TestReplicas has four of them count the calls of one client, all at once.
func TestReplicas(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		r := open(t, d)
		for range 25 {
			wg.Go(func() {
				used, ok, err := r.Take(t.Context(), "api/x", "ada", time.Hour, 7*time.Hour)
				if err != nil || used < 0 || used > 7*time.Hour {
					t.Errorf("got %v, %v", used, err)
				}
				if ok {
					allowed.Add(1)
				}
			})
		}
	}
	wg.Wait()
	if n := allowed.Load(); n != 7 {
		t.Errorf("%d calls are allowed, want 7", n)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	r := open(t, d)
	if _, err := d.Exec(t.Context(), `INSERT INTO call_rate SELECT gen_random_uuid(), now() - interval '1 s' FROM generate_series(1, 10)`); err != nil {
		t.Fatal(err)
	}
	take(t, r, "api/x", "ada", time.Hour)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM call_rate`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows are left, %v", n, err)
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), config.Database{URL: "postgres://nobody:geheim@127.0.0.1:1/none?sslmode=disable"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if _, ok, err := open(t, d).Take(context.Background(), "api/x", "ada", time.Second, time.Minute); ok || !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, %v, want fault.Unavailable", ok, err)
	}
}
