package limit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/names"
	"switchyard/internal/names/namestest"
	"switchyard/shared/auth/betterauth/internal/limit"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func start() time.Time { return time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC) }

// at returns a time some milliseconds after the start.
func at(ms int) time.Time { return start().Add(time.Duration(ms) * time.Millisecond) }

// allow counts a request and returns for how long it is refused.
func allow(t *testing.T, l *limit.Limiter, ip, path string, now time.Time) time.Duration {
	t.Helper()
	wait, err := l.Allow(t.Context(), ip, path, now)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

// row is a row of the table.
type row struct {
	Key         string
	Count       int
	LastRequest int64
}

// rows returns the table, by key.
func rows(t *testing.T, d *db.DB) []row {
	t.Helper()
	r, err := d.Query(t.Context(), `SELECT key, count, "lastRequest" FROM "rateLimit" ORDER BY key`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(r, pgx.RowToStructByPos[row])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func exec(t *testing.T, d *db.DB, sql string, args ...any) {
	t.Helper()
	if _, err := d.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	l := limit.New(dbtest.New(t), names.Names{})
	for path, want := range map[string]struct {
		max    int
		window time.Duration
	}{
		"/sign-in/email":           {3, 10 * time.Second},
		"/sign-in/social":          {3, 10 * time.Second},
		"/sign-up/email":           {3, 10 * time.Second},
		"/change-password":         {3, 10 * time.Second},
		"/change-email":            {3, 10 * time.Second},
		"/request-password-reset":  {3, time.Minute},
		"/send-verification-email": {3, time.Minute},
		"/sign-out":                {100, 10 * time.Second},
		"/get-session":             {100, 10 * time.Second},
		"/reset-password":          {100, 10 * time.Second},
		"":                         {100, 10 * time.Second},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for i := range want.max {
				if wait := allow(t, l, "203.0.113.7", path, start()); wait != 0 {
					t.Fatalf("request %d is refused for %v, want %d to be allowed", i+1, wait, want.max)
				}
			}
			if wait := allow(t, l, "203.0.113.7", path, start()); wait != want.window {
				t.Errorf("request %d is refused for %v, want %v", want.max+1, wait, want.window)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	l := limit.New(d, names.Names{})
	for _, step := range []struct {
		ms   int
		wait time.Duration
	}{
		{0, 0},
		{9_999, 0},   // begins the window anew
		{19_998, 0},  // and again
		{19_999, 10}, // 9.999 s, rounded up
		{20_998, 9},
		{20_999, 9}, // refused ones change nothing
		{29_997, 1},
		{29_998, 0}, // a whole window after the last that was allowed
		{29_998, 0},
		{29_998, 0},
		{29_998, 10},
		{39_997, 1},
		{39_998, 0},
	} {
		if wait := allow(t, l, "203.0.113.7", "/sign-in/email", at(step.ms)); wait != step.wait*time.Second {
			t.Errorf("at %d ms: refused for %v, want %d s", step.ms, wait, step.wait)
		}
	}
	want := []row{{"203.0.113.7|/sign-in/email", 1, at(39_998).UnixMilli()}}
	if diff := cmp.Diff(want, rows(t, d)); diff != "" {
		t.Error(diff)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	l := limit.New(d, names.Names{})
	for _, call := range [][2]string{
		{"203.0.113.7", "/sign-in/email"},
		{"203.0.113.7", "/sign-in/social"},
		{"203.0.113.8", "/sign-in/email"},
		{"", "/sign-in/email"},
		{"", ""},
		{"", ""},
		{"2001:0db8:0000:0000:0000:0000:0000:0000", ""},
	} {
		if wait := allow(t, l, call[0], call[1], start()); wait != 0 {
			t.Errorf("%v: refused for %v", call, wait)
		}
	}
	ms := start().UnixMilli()
	want := []row{
		{"2001:0db8:0000:0000:0000:0000:0000:0000|", 1, ms},
		{"203.0.113.7|/sign-in/email", 1, ms},
		{"203.0.113.7|/sign-in/social", 1, ms},
		{"203.0.113.8|/sign-in/email", 1, ms},
		{"no-trusted-ip|", 2, ms},
		{"no-trusted-ip|/sign-in/email", 1, ms},
	}
	if diff := cmp.Diff(want, rows(t, d)); diff != "" {
		t.Error(diff)
	}
}

// TestNodeRow goes on where a Node server has counted.
func TestNodeRow(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	l := limit.New(d, names.Names{})
	exec(t, d, `INSERT INTO "rateLimit" VALUES ('node', '203.0.113.7|/sign-in/email', 2, $1)`, at(-9_500).UnixMilli())
	if wait := allow(t, l, "203.0.113.7", "/sign-in/email", start()); wait != 0 {
		t.Errorf("the third is refused for %v", wait)
	}
	if wait := allow(t, l, "203.0.113.7", "/sign-in/email", at(500)); wait != 10*time.Second {
		t.Errorf("the fourth is refused for %v, want 10 s", wait)
	}
}

// TestClocks has the replicas' clocks differ.
func TestClocks(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	l := limit.New(d, names.Names{})
	for i, ms := range []int{200, -300, 0} {
		if wait := allow(t, l, "203.0.113.7", "/sign-in/email", at(ms)); wait != 0 {
			t.Errorf("request %d is refused for %v", i+1, wait)
		}
	}
	if wait := allow(t, l, "203.0.113.7", "/sign-in/email", at(-400)); wait != 10*time.Second {
		t.Errorf("the fourth, by a clock that is behind, is refused for %v, want 10 s", wait)
	}
	exec(t, d, `UPDATE "rateLimit" SET "lastRequest" = $1`, start().AddDate(1, 0, 0).UnixMilli())
	if wait := allow(t, l, "203.0.113.7", "/sign-in/email", start()); wait != 0 {
		t.Errorf("after a clock was a year ahead: refused for %v", wait)
	}
}

func TestParallel(t *testing.T) {
	t.Parallel()
	const replicas = 4
	url := dbtest.URL(t)
	var limiters [replicas]*limit.Limiter
	for i := range limiters {
		d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		limiters[i] = limit.New(d, names.Names{})
	}
	for round, now := range []time.Time{start(), at(10_000)} { // no row yet, and one whose window has passed
		var wg sync.WaitGroup
		var allowed atomic.Int32
		begin := make(chan struct{})
		for i := range 100 {
			wg.Go(func() {
				<-begin
				wait, err := limiters[i%replicas].Allow(t.Context(), "203.0.113.7", "/sign-in/email", now)
				if err != nil || (wait != 0 && wait != 10*time.Second) {
					t.Errorf("got %v, %v", wait, err)
				}
				if wait == 0 {
					allowed.Add(1)
				}
			})
		}
		close(begin)
		wg.Wait()
		if n := allowed.Load(); n != 3 {
			t.Errorf("round %d: %d of 100 are allowed, want 3", round, n)
		}
	}
}

func TestOldRowsAreDeleted(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	l := limit.New(d, names.Names{})
	fill := func() {
		exec(t, d, `INSERT INTO "rateLimit" SELECT 'old' || n, 'old' || n, 3, $1 FROM generate_series(1, 10) n`, at(-60_000).UnixMilli())
	}
	left := func(when string, want int) {
		t.Helper()
		if n := len(rows(t, d)); n != want {
			t.Errorf("%s: %d rows, want %d", when, n, want)
		}
	}
	fill()
	exec(t, d, `INSERT INTO "rateLimit" VALUES ('live', 'live', 3, $1), ('future', 'future', 3, $2)`,
		at(-59_999).UnixMilli(), start().AddDate(1, 0, 0).UnixMilli())
	allow(t, l, "203.0.113.7", "", start())
	left("at first", 2) // live and the one just counted
	fill()
	allow(t, l, "203.0.113.7", "", at(59_999))
	left("in the same minute", 12)
	allow(t, l, "203.0.113.7", "", at(60_000))
	left("a minute later", 1)
}

func TestManyOldRows(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	l := limit.New(d, names.Names{})
	exec(t, d, `INSERT INTO "rateLimit" SELECT n, 'old' || n, 3, 0 FROM generate_series(1, 10001) n`)
	for i, want := range []int{2, 1} { // with the one that is counted
		allow(t, l, "203.0.113.7", "", start().Add(time.Duration(i)*time.Minute))
		if n := len(rows(t, d)); n != want {
			t.Errorf("after %d minutes: %d rows, want %d", i, n, want)
		}
	}
}

func TestServerDown(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), config.Database{URL: "postgres://nobody:geheim@127.0.0.1:1/none?sslmode=disable"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if wait, err := limit.New(d, names.Names{}).Allow(t.Context(), "203.0.113.7", "", start()); wait != 0 || !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, %v, want fault.Unavailable", wait, err)
	}
}

func TestTableBroken(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	exec(t, d, `DROP TABLE "rateLimit"`)
	if _, err := limit.New(d, names.Names{}).Allow(t.Context(), "203.0.113.7", "", start()); err == nil {
		t.Error("got no error, want the request not to pass uncounted")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	d, n := dbtest.New(t), namestest.Parse(t, namestest.Everything)
	namestest.Rename(t, d, n)
	l := limit.New(d, n)
	for i, refused := range []bool{false, false, false, true} {
		if wait := allow(t, l, "203.0.113.7", "/sign-in/email", at(i)); (wait > 0) != refused {
			t.Errorf("request %d: got %s to wait", i, wait)
		}
	}
}
