package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

// TestOldest asks for the oldest runs of two functions of three, where others have ended.
func TestOldest(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if _, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, begun_at, due_at, outcome)
		SELECT gen_random_uuid(), 'app-' || i % 3, i, now() - i * interval '1 minute', now(), CASE WHEN i > 7 THEN 'done' END
		FROM generate_series(1, 20) AS i`); err != nil {
		t.Fatal(err)
	}
	ages, err := ledger.New(d).Oldest(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for function, age := range ages {
		ages[function] = age.Truncate(time.Minute)
	}
	if diff := cmp.Diff(map[string]time.Duration{"app-1": 7 * time.Minute, "app-0": 6 * time.Minute}, ages); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEnded(t *testing.T) {
	t.Parallel()
	l := ledger.New(dbtest.New(t))
	run := ledger.Run{Function: "app-f", ID: "01", Events: []uuid.UUID{uuid.New()}}
	want := func(when string, want bool) {
		t.Helper()
		if ended, err := l.Ended(t.Context(), run); err != nil || ended != want {
			t.Errorf("%s: got %t, %v", when, ended, err)
		}
	}
	want("before it has begun", false)
	if _, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Hour}); err != nil {
		t.Fatal(err)
	}
	want("while it goes on", false)
	if err := l.End(t.Context(), run, ledger.Failed); err != nil {
		t.Fatal(err)
	}
	want("after its end", true)
}
