package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

// A database that was never migrated is named as such, by each verb that reads one.
func TestNoTables(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.Empty(t)}
	for _, args := range [][]string{{"runs", "ls"}, {"events", "ls"}, {"runs", "retry", "--failed"}} {
		if _, errOut, status := verb(t, env, args...); status != exitFailure || !strings.Contains(errOut, "router migrate --plan") {
			t.Errorf("%v: status %d, %s", args, status, errOut)
		}
	}
}

// history returns an environment that names a database and nothing else, with these runs:
// "failed" of a function with an event that has left the outbox, "failed2" of another with
// one that has not, "slow" that goes on, "done", and "yearly" that a schedule has failed in.
func history(t *testing.T) (env []string, d *db.DB) {
	t.Helper()
	url := dbtest.URL(t)
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	_, err = d.Exec(t.Context(), `
		WITH o AS (INSERT INTO outbox (id, name, data, state, next_at) VALUES ($1, 'order/placed', '{"orderId": "2"}', 'begun', now() + interval '1 day')),
		s AS (INSERT INTO run_step (run_id, id, nr, name, op, result) VALUES
			('failed', 'a', 0, 'read', 'StepRun', '{"data": {"lines": 12345678901234567}}'),
			('failed', 'b', 1, 'send', 'StepRun', '{"error": {"message": "the server is full"}}'),
			('slow', 'c', 0, 'nap', 'Sleep', NULL))
		INSERT INTO event_run (event_id, function, run_id, name, begun_at, due_at, outcome, data, error, release) VALUES
			(gen_random_uuid(), 'shop-jobs-mail', 'failed', 'order/placed', now() - interval '3 hours', now() - interval '2 hours', 'failed', '{"orderId": "1"}', 'the server is full', 'r1'),
			($1, 'shop-jobs-bill', 'failed2', 'order/placed', now() - interval '1 hour', now(), 'failed', NULL, 'Timeout', 'r1'),
			($1, 'shop-jobs-slow', 'slow', 'order/placed', now() - interval '1 minute', now() + interval '1 day', NULL::text, NULL::json, NULL, 'r2'),
			(gen_random_uuid(), 'shop-jobs-mail', 'done', 'order/placed', now() - interval '10 seconds', now(), 'done', NULL::json, NULL, 'r2'),
			(gen_random_uuid(), 'shop-jobs-yearly', 'yearly', 'inngest/scheduled.timer', now() - interval '2 days', now(), 'failed', '{}', 'no', 'r1'),
			(gen_random_uuid(), 'shop-watch-01234567', 'watch', 'order/placed', now() - interval '1 second', now(), 'done', NULL::json, NULL, 'r2')`, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	return []string{"DATABASE_URL=" + url}, d
}

func TestRunsLs(t *testing.T) {
	t.Parallel()
	env, _ := history(t)
	for _, tt := range []struct {
		args []string
		want []string // how each line begins
	}{
		{nil, []string{"ID", "done", "slow", "failed2", "failed", "yearly"}},
		{[]string{"--state", "failed"}, []string{"ID", "failed2", "failed", "yearly"}},
		{[]string{"--state", "running"}, []string{"ID", "slow"}},
		{[]string{"--function", "jobs/mail"}, []string{"ID", "done", "failed"}},
		{[]string{"--function", "shop-jobs-bill"}, []string{"ID", "failed2"}},
		{[]string{"--error", "TIMEOUT"}, []string{"ID", "failed2"}},
		{[]string{"--since", "2h", "--until", "30s"}, []string{"ID", "slow", "failed2"}},
		{[]string{"--until", "1d"}, []string{"ID", "yearly"}},
		{[]string{"--since", time.Now().Add(time.Hour).Format(time.RFC3339)}, []string{"There are none."}},
		{[]string{"--limit", "1"}, []string{"ID", "done", "There may be more"}},
	} {
		out, errOut, status := verb(t, env, append([]string{"runs", "ls"}, tt.args...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if status != exitOK || len(lines) != len(tt.want) {
			t.Errorf("%v: status %d\n%s%s", tt.args, status, out, errOut)
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(lines[i], want+" ") && lines[i] != want && i > 0 && !strings.HasPrefix(lines[i], want) {
				t.Errorf("%v: %q does not begin with %q", tt.args, lines[i], want)
			}
		}
	}
	out, _, _ := verb(t, env, "runs", "ls", "--json", "--state", "running")
	var all []ledger.Past
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 1 || all[0].ID != "slow" || all[0].EndedAt != nil || all[0].DueAt == nil {
		t.Errorf("%v in %s", err, out)
	}
	if _, errOut, status := verb(t, env, "runs", "ls", "--since", "yesterday"); status != exitUsage || !strings.Contains(errOut, "is no time") {
		t.Errorf("no time: status %d, %s", status, errOut)
	}
}

func TestRunsShow(t *testing.T) {
	t.Parallel()
	env, _ := history(t)
	out, errOut, status := verb(t, env, "runs", "show", "failed")
	for _, want := range []string{"shop-jobs-mail", "failed", "r1", "StepRun read", "12345678901234567", "error: the server is full", `"orderId": "1"`} {
		if status != exitOK || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in\n%s%s", status, want, out, errOut)
		}
	}
	if out, _, _ := verb(t, env, "runs", "show", "slow"); !strings.Contains(out, "goes on") || !strings.Contains(out, `"orderId": "2"`) {
		t.Errorf("one that goes on:\n%s", out)
	}
	out, _, _ = verb(t, env, "runs", "show", "failed", "--json")
	var run ledger.Past
	if err := json.Unmarshal([]byte(out), &run); err != nil || len(run.Steps) != 2 || len(run.Events) != 1 || run.Events[0].Data == nil {
		t.Errorf("%v in %s", err, out)
	}
	if _, errOut, status := verb(t, env, "runs", "show", "nothing"); status != exitFailure || !strings.Contains(errOut, "No run nothing is known") {
		t.Errorf("unknown: status %d: %s", status, errOut)
	}
}

func TestRunsRetryAndCancel(t *testing.T) {
	t.Parallel()
	env, d := history(t)
	for _, tt := range []struct {
		args    []string
		status  int
		want    string // in what is printed
		repeats string // which functions are to run again
	}{
		{[]string{"retry", "--failed", "--function", "jobs/bill", "--plan"}, exitOK, "That would be 1 run.", "[]"},
		{[]string{"retry", "slow"}, exitFailure, "it goes on; cancel it first", "[]"},
		{[]string{"retry", "done", "nothing"}, exitFailure, "it has ended well", "[]"},
		{[]string{"retry", "yearly"}, exitFailure, "begun by Inngest itself", "[]"},
		{[]string{"retry", "--failed", "--error", "full"}, exitOK, "1 run retried.", `[shop-jobs-mail {"orderId": "1"}]`},
		{[]string{"retry", "failed"}, exitFailure, "is being repeated already", `[shop-jobs-mail {"orderId": "1"}]`},
		{[]string{"retry", "failed2", "slow"}, exitFailure, "1 run retried.", `[shop-jobs-mail {"orderId": "1"} shop-jobs-bill {"orderId": "2"}]`},
		{[]string{"cancel", "--running", "--plan"}, exitOK, "That would be 1 run.", ""},
		{[]string{"cancel", "slow"}, exitOK, "1 run cancelled.", ""},
		{[]string{"cancel", "slow"}, exitFailure, "has ended: cancelled", ""},
		{[]string{"retry", "slow"}, exitOK, "1 run retried.", `[shop-jobs-mail {"orderId": "1"} shop-jobs-bill {"orderId": "2"} shop-jobs-slow {"orderId": "2"}]`},
		{[]string{"retry", "--failed", "slow"}, exitUsage, "either ids or --failed", ""},
		{[]string{"retry", "slow", "--since", "1h"}, exitUsage, "only with --failed", ""},
		{[]string{"cancel"}, exitUsage, "either ids or --running", ""},
	} {
		out, errOut, status := verb(t, env, append([]string{"runs"}, tt.args...)...)
		if status != tt.status || !strings.Contains(out+errOut, tt.want) {
			t.Errorf("%v: status %d, want %d and %q in\n%s%s", tt.args, status, tt.status, tt.want, out, errOut)
		}
		if got := repetitions(t, d); tt.repeats != "" && got != tt.repeats {
			t.Errorf("%v: repeated are %s, want %s", tt.args, got, tt.repeats)
		}
	}
}

// Without the variables of jobs, cancel says that Inngest was not told.
func TestRunsCancelWithoutInngest(t *testing.T) {
	t.Parallel()
	env, d := history(t)
	_, errOut, status := verb(t, env, "runs", "cancel", "--running")
	if status != exitOK || !strings.Contains(errOut, "Inngest has not freed 1 run") || !strings.Contains(errOut, "INNGEST_SIGNING_KEY") {
		t.Errorf("status %d: %s", status, errOut)
	}
	var due bool
	if err := d.QueryRow(t.Context(), `SELECT next_at <= now() FROM outbox WHERE repeats IS NULL`).Scan(&due); err != nil || !due {
		t.Errorf("the event is looked at: %t, %v", due, err)
	}
}

// repetitions returns what is in the outbox to be handled once more.
func repetitions(t *testing.T, d *db.DB) string {
	t.Helper()
	var all []string
	err := d.QueryRow(t.Context(), `SELECT coalesce(array_agg(o.only || ' ' || o.data::text ORDER BY o.id), '{}')
		FROM outbox AS o JOIN event_run AS r ON r.event_id = repeats AND r.function = o.only AND r.name = o.name WHERE state = 'waiting'`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(all)
}
