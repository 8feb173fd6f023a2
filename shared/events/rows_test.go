package events_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

func TestList(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dead := put(t, d, "", isDead)
	later, behind, due := put(t, d, "k", isSent), put(t, d, "k", parked), put(t, d, "", isDue)
	for name, tt := range map[string]struct {
		f    events.Filter
		want []uuid.UUID
	}{
		"all":     {events.Filter{}, []uuid.UUID{due, later, dead, behind}},
		"two":     {events.Filter{Limit: 2}, []uuid.UUID{due, later}},
		"waiting": {events.Filter{State: events.Waiting}, []uuid.UUID{due, behind}},
		"dead":    {events.Filter{State: events.Dead, Name: "test/note"}, []uuid.UUID{dead}},
		"unknown": {events.Filter{Name: "test/other"}, nil},
	} {
		rows, err := events.List(t.Context(), d, tt.f)
		var got []uuid.UUID
		for _, r := range rows {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	id := put(t, d, "k", isSent)
	_, err := d.Exec(t.Context(), `WITH l AS (INSERT INTO listener VALUES ('test/note', 'app-a'), ('test/note', 'app-b'), ('test/other', 'app-c'))
		INSERT INTO event_run (event_id, function, run_id, due_at, outcome) VALUES
			($1, 'app-a', 'run-a', now() + interval '1 min', NULL), ($1, 'app-if', 'run-if', now(), 'done')`, id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := events.Find(t.Context(), d, id)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != id || r.Name != "test/note" || r.Key != "k" || r.State != events.Sent || r.NextAt == nil || r.Sends != 2 ||
		r.LastError != "why" || string(r.Data) != "{}" || len(r.Runs) != 3 {
		t.Fatalf("got %+v", r)
	}
	a, b, other := r.Runs[0], r.Runs[1], r.Runs[2]
	if a.Function != "app-a" || a.ID != "run-a" || a.BegunAt == nil || a.Outcome != "" || !a.Awaited {
		t.Errorf("a run that goes on: %+v", a)
	}
	if want := (events.RowRun{Function: "app-b", Awaited: true}); b != want {
		t.Errorf("one that has not begun: %+v", b)
	}
	if other.Function != "app-if" || other.Outcome != "done" || other.Awaited {
		t.Errorf("one that need not have begun: %+v", other)
	}
	if _, err := events.Find(t.Context(), d, uuid.New()); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}
