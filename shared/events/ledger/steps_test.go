package ledger_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

// begun returns a ledger with a run that has begun, of an event that is not in the outbox.
func begun(t *testing.T) (*db.DB, *ledger.Ledger, ledger.Run) {
	t.Helper()
	d := dbtest.New(t)
	l := ledger.New(d)
	l.Release = "r1"
	run := ledger.Run{Function: "app-jobs-f", ID: "first", Events: []uuid.UUID{uuid.New()}}
	claim := ledger.Claim{Within: time.Hour, Events: []ledger.Event{{Name: "test/e", Data: json.RawMessage(`{"n":9007199254740993}`)}}}
	if held, err := l.Begin(t.Context(), run, claim); err != nil || len(held.Events) != 1 || len(held.Steps) != 0 {
		t.Fatalf("it begins: %v, %v", held, err)
	}
	return d, l, run
}

func find(t *testing.T, d *db.DB, run string) ledger.Past {
	t.Helper()
	p, err := ledger.Find(t.Context(), d, run)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Steps come with and without results, the result later, and with the end.
func TestSteps(t *testing.T) {
	t.Parallel()
	d, l, run := begun(t)
	run.Steps = []ledger.Step{
		{ID: "a", Nr: 0, Name: "one", Op: "StepRun", Result: json.RawMessage(`{"data":616581622363398142}`)},
		{ID: "b", Nr: 1, Name: "nap", Op: "Sleep"},
	}
	run.Error = "not yet"
	if holds, err := l.Continue(t.Context(), run, time.Hour); err != nil || !holds {
		t.Fatalf("it goes on: %t, %v", holds, err)
	}
	if p := find(t, d, "first"); p.State != ledger.Running || p.Error != "not yet" || p.Release != "r1" || p.DueAt == nil ||
		string(p.Events[0].Data) != `{"n":9007199254740993}` || p.Events[0].Name != "test/e" {
		t.Errorf("it is %+v", p)
	}
	run.Steps, run.Error = nil, ""
	held, err := l.Begin(t.Context(), run, ledger.Claim{Within: time.Hour})
	if diff := cmp.Diff(map[string]bool{"a": true, "b": false}, held.Steps); err != nil || diff != "" {
		t.Errorf("called again it has (-want +got): %v\n%s", err, diff)
	}
	run.Steps = []ledger.Step{{ID: "b", Result: json.RawMessage(`null`)}, {ID: "c", Nr: 2, Result: json.RawMessage(`{"error":{"message":"no"}}`)}}
	if err := l.End(t.Context(), run, ledger.Done); err != nil {
		t.Fatal(err)
	}
	var got []string
	p := find(t, d, "first")
	for _, s := range p.Steps {
		got = append(got, s.Name+" "+s.Op+" "+string(s.Result))
	}
	want := []string{`one StepRun {"data":616581622363398142}`, `nap Sleep null`, `  {"error":{"message":"no"}}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if p.State != "done" || p.EndedAt == nil || p.Error != "" || p.Events[0].Data != nil {
		t.Errorf("it is %+v", p)
	}
}

// What the database cannot hold does not stop a run.
func TestUnfitSteps(t *testing.T) {
	t.Parallel()
	d, l, run := begun(t)
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	run.Error = "a\x00b\xff"
	run.Steps = []ledger.Step{{ID: "a", Name: "o\x00ne", Op: "StepRun", Result: json.RawMessage(deep)}}
	if holds, err := l.Continue(t.Context(), run, time.Hour); err != nil || !holds {
		t.Errorf("it goes on: %t, %v", holds, err)
	}
	if p := find(t, d, "first"); len(p.Steps) != 1 || p.Steps[0].Name != "one" || p.Error != "ab\uFFFD" {
		t.Errorf("it is %+v", p)
	}
}

// A run that takes the event of another one takes its steps' place, too.
func TestStepsOfARunThatIsGone(t *testing.T) {
	t.Parallel()
	d, l, run := begun(t)
	run.Steps = []ledger.Step{{ID: "a"}}
	if _, err := l.Continue(t.Context(), run, -time.Second); err != nil {
		t.Fatal(err)
	}
	second := ledger.Run{Function: run.Function, ID: "second", Events: run.Events}
	if held, err := l.Begin(t.Context(), second, ledger.Claim{Within: time.Hour}); err != nil || len(held.Events) != 1 || len(held.Steps) != 0 {
		t.Errorf("the second: %v, %v", held, err)
	}
	if holds, err := l.Continue(t.Context(), run, time.Hour); err != nil || holds {
		t.Errorf("the first holds its event: %t, %v", holds, err)
	}
	var n int
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM run_step`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d steps are left, %v", n, err)
	}
	if p := find(t, d, "second"); string(p.Events[0].Data) == "" {
		t.Error("the event's data is gone")
	}
}

// A run that fails keeps the data of its event, which leaves the outbox.
func TestFailedKeepsData(t *testing.T) {
	t.Parallel()
	for how, want := range map[ledger.Outcome]string{ledger.Done: "", ledger.Failed: `{"n": 1}`, ledger.Cancelled: `{"n": 1}`} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			l := ledger.New(d)
			run := ledger.Run{Function: "app-jobs-f", ID: "first", Events: []uuid.UUID{uuid.New()}, Error: "no"}
			_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, data) VALUES ($1, 'test/e', '{"n": 1}')`, run.Events[0])
			if err == nil {
				_, err = l.Begin(t.Context(), run, ledger.Claim{Within: time.Hour})
			}
			if err == nil {
				err = l.End(t.Context(), run, how)
			}
			if err == nil {
				_, err = d.Exec(t.Context(), `DELETE FROM outbox`)
			}
			if err != nil {
				t.Fatal(err)
			}
			if p := find(t, d, "first"); string(p.Events[0].Data) != want || p.State != string(how) || p.Error != "no" {
				t.Errorf("it is %+v", p)
			}
		})
	}
}

// A run that was cancelled is not let on, and another one takes its event only to repeat it.
func TestCancel(t *testing.T) {
	t.Parallel()
	d, l, run := begun(t)
	if err := ledger.Cancel(t.Context(), d, "first", "no more"); err != nil {
		t.Fatal(err)
	}
	second := ledger.Run{Function: run.Function, ID: "second", Events: run.Events}
	for _, tt := range []struct {
		run   ledger.Run
		claim ledger.Claim
		want  int
	}{
		{run, ledger.Claim{}, 0},
		{run, ledger.Claim{Parallel: true}, 0},
		{run, ledger.Claim{Rerun: true}, 0},
		{run, ledger.Claim{Repeat: true}, 0},
		{second, ledger.Claim{}, 0},
		{second, ledger.Claim{Repeat: true}, 1},
	} {
		if held, err := l.Begin(t.Context(), tt.run, tt.claim); err != nil || len(held.Events) != tt.want {
			t.Errorf("%s %+v: %v, %v", tt.run.ID, tt.claim, held, err)
		}
	}
	if holds, err := l.Continue(t.Context(), run, time.Hour); err != nil || holds {
		t.Errorf("it holds its event: %t, %v", holds, err)
	}
	if err := ledger.Cancel(t.Context(), d, "first", ""); err == nil {
		t.Error("a run that is gone was cancelled")
	}
}

// The end of a run has the relay look at events of a key.
func TestEndPokes(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]bool{"sent": true, "waiting": false, "begun": true} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			d, l, run := begun(t)
			_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, data, key, state, next_at)
				VALUES ($1, 'test/e', '{}', 'k', $2, now() + interval '1 day')`, run.Events[0], state)
			if err == nil {
				err = l.End(t.Context(), run, ledger.Done)
			}
			var due bool
			if err == nil {
				err = d.QueryRow(t.Context(), `SELECT next_at <= now() FROM outbox`).Scan(&due)
			}
			if err != nil || due != want || l.Keyed() != 1 {
				t.Errorf("due: %t, of %d events of a key, %v", due, l.Keyed(), err)
			}
		})
	}
}
