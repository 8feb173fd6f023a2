package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// outbox returns an environment that names a database and nothing else, and the ids
// of the events in its outbox: a dead one, one that was sent, and one behind it.
func outbox(t *testing.T) (env []string, dead, sent, behind string) {
	t.Helper()
	url := dbtest.URL(t)
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ids := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	_, err = d.Exec(t.Context(), `WITH l AS (INSERT INTO listener VALUES ('order/placed', 'shop-check'), ('order/placed', 'shop-draw')),
		r AS (INSERT INTO event_run (event_id, function, run_id, due_at, outcome) VALUES ($2, 'shop-check', 'run-1', now(), 'done'))
		INSERT INTO outbox (id, name, key, data, state, sends, last_error, next_at) VALUES
			($1, 'order/lost', NULL, '{}', 'dead', 1, 'Inngest answered 400', 'infinity'),
			($2, 'order/placed', 'order 1', '{"orderId": "<1>"}', 'sent', 2, NULL, now() + interval '10 days'),
			($3, 'order/placed', 'order 1', '{}', 'waiting', 0, NULL, 'infinity')`, ids[0], ids[1], ids[2])
	if err != nil {
		t.Fatal(err)
	}
	return []string{"DATABASE_URL=" + url}, ids[0].String(), ids[1].String(), ids[2].String()
}

func TestEventsLs(t *testing.T) {
	t.Parallel()
	env, dead, sent, _ := outbox(t)
	for _, tt := range []struct {
		args []string
		want []string // in each line of what is printed
		none string   // in none
	}{
		{nil, []string{"ID", sent, "", ""}, "more than"},
		{[]string{"--state", "dead"}, []string{"REASON", "Inngest answered 400"}, sent},
		{[]string{"--name", "order/placed"}, []string{"KEY", "in 9d23h", "behind its key"}, dead},
		{[]string{"--limit", "1"}, []string{"ID", sent, "There may be more than these 1"}, dead},
		{[]string{"--name", "nothing"}, []string{"There are none."}, dead},
	} {
		out, errOut, status := verb(t, env, append([]string{"events", "ls"}, tt.args...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if status != exitOK || len(lines) != len(tt.want) || strings.Contains(out, tt.none) {
			t.Errorf("%v: status %d\n%s%s", tt.args, status, out, errOut)
			continue
		}
		for i, want := range tt.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%v: no %q in %q", tt.args, want, lines[i])
			}
		}
	}
	out, _, _ := verb(t, env, "events", "ls", "--json")
	var all listed
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all.Events) != 3 || all.Events[0].ID.String() != sent ||
		all.Inngest.State != events.Working {
		t.Errorf("%v in %s", err, out)
	}
	if out, _, _ := verb(t, env, "events", "ls", "--json", "--name", "nothing"); !strings.Contains(out, `"events": []`) {
		t.Errorf("none of them: %s", out)
	}
}

func TestEventsShow(t *testing.T) {
	t.Parallel()
	env, dead, sent, _ := outbox(t)
	out, _, status := verb(t, env, "events", "show", sent)
	for _, want := range []string{sent, "order 1", "done (run run-1)", "has not begun", `"orderId": "<1>"`} {
		if status != exitOK || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in\n%s", status, want, out)
		}
	}
	out, _, _ = verb(t, env, "events", "show", dead, "--json")
	var row events.Row
	if err := json.Unmarshal([]byte(out), &row); err != nil || row.State != events.Dead || row.NextAt != nil || row.LastError == "" {
		t.Errorf("%v in %s", err, out)
	}
	_, errOut, status := verb(t, env, "events", "show", uuid.NewString())
	if status != exitFailure || !strings.Contains(errOut, "not in the outbox") {
		t.Errorf("unknown: status %d: %s", status, errOut)
	}
}

func TestEventsRetryAndDrop(t *testing.T) {
	t.Parallel()
	env, dead, sent, behind := outbox(t)
	for _, tt := range []struct {
		args   []string
		status int
		want   string // in what is printed
		left   string // the states of the three after it
	}{
		{[]string{"retry", "--dead", "--name", "order/placed"}, exitOK, "0 events retried", "dead/sent/waiting"},
		{[]string{"retry", "--dead"}, exitOK, "1 event retried", "waiting/sent/waiting"},
		{[]string{"retry", sent, behind}, exitOK, "2 events retried", "waiting/sent/waiting"},
		{[]string{"retry", uuid.NewString()}, exitFailure, "not in the outbox", "waiting/sent/waiting"},
		{[]string{"drop", sent}, exitFailure, "add --yes", "waiting/sent/waiting"},
		{[]string{"drop", "--yes", sent}, exitOK, "1 event dropped", "waiting/gone/waiting"},
		{[]string{"drop", "--yes", sent, dead}, exitFailure, "not in the outbox", "gone/gone/waiting"},
		{[]string{"retry", "--dead", behind}, exitUsage, "either ids or --dead", "gone/gone/waiting"},
		{[]string{"retry", "--name", "a", behind}, exitUsage, "only with --dead", "gone/gone/waiting"},
		{[]string{"drop", "--yes"}, exitUsage, "want: router events drop ID...", "gone/gone/waiting"},
	} {
		out, errOut, status := verb(t, env, append([]string{"events"}, tt.args...)...)
		if status != tt.status || !strings.Contains(out+errOut, tt.want) {
			t.Errorf("%v: status %d, want %d and %q in\n%s%s", tt.args, status, tt.status, tt.want, out, errOut)
		}
		if got := states(t, env, dead, sent, behind); got != tt.left {
			t.Errorf("%v: they are %s, want %s", tt.args, got, tt.left)
		}
	}
}

// A held event is shown with its time, sent at once by retry, and dropped like others.
func TestEventsHeld(t *testing.T) {
	t.Parallel()
	env, _, _, _ := outbox(t)
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(strings.TrimPrefix(env[0], "DATABASE_URL="))})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	id := uuid.NewString()
	if _, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, key, data, state, next_at)
		VALUES ($1, 'order/due', 'order 1', '{}', 'held', '2999-01-01T10:00:00Z')`, id); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"ls", "--state", "held"}, id},
		{[]string{"show", id}, "held until  2999-01-01T10:00:00Z"},
		{[]string{"retry", id}, "1 event retried"},
		{[]string{"show", id}, "now"},
		{[]string{"drop", "--yes", id}, "1 event dropped"},
		{[]string{"ls", "--state", "held"}, "There are none."},
		{[]string{"ls", "--state", "begun"}, "There are none."},
	} {
		out, errOut, status := verb(t, env, append([]string{"events"}, tt.args...)...)
		if status != exitOK || !strings.Contains(out, tt.want) {
			t.Errorf("%v: status %d, want %q in\n%s%s", tt.args, status, tt.want, out, errOut)
		}
	}
}

// states returns the states of the events with these ids, gone if they are.
func states(t *testing.T, env []string, ids ...string) string {
	t.Helper()
	out, _, _ := verb(t, env, "events", "ls", "--json")
	var outbox listed
	if err := json.Unmarshal([]byte(out), &outbox); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = "gone"
		for _, r := range outbox.Events {
			if r.ID.String() == id {
				all[i] = string(r.State)
			}
		}
	}
	return strings.Join(all, "/")
}

func TestShort(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "",
		"order/17":           "order/17",
		"exactly ten":        "exactly t…",
		"ä\n ö\tü":           "ä ö ü",
		"a\x1b[31m\u009b1mb": "a [31m 1mb",
	} {
		if got := short(text, 10); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestRough(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second:                 "0s",
		12345 * time.Millisecond:     "12s",
		125 * time.Second:            "2m5s",
		5*time.Hour + 12*time.Minute: "5h12m",
		76 * time.Hour:               "3d4h",
	} {
		if got := rough(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}
