package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

func TestEventsVerbs(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	env := []string{"DATABASE_URL=" + url}
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if out, _, status := verb(t, env, "events", "ls"); status != exitOK || !strings.Contains(out, "no such events") {
		t.Errorf("ls of nothing: %d, %s", status, out)
	}

	dead, waits, sent := uuid.New().String(), uuid.New().String(), uuid.New().String()
	_, err = d.Exec(t.Context(), `INSERT INTO outbox (id, name, key, data, created_at, state, next_at, sends, last_error) VALUES
		($1, 'a/dead', 'k', '{"secret": 1}', now() - interval '1 hour', 'dead', 'infinity', 0, 'Inngest answered 400'),
		($2, 'a/waits', 'k', '{}', now(), 'waiting', 'infinity', 0, NULL),
		($3, 'a/sent', 'k', '{}', now(), 'sent', now() + interval '1 hour', 1, NULL)`, dead, waits, sent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at) VALUES ($1, 'app-f', 'run1', now())`, sent); err != nil {
		t.Fatal(err)
	}

	steps := []struct {
		args   []string
		status int
		want   []string // in what is printed
		not    string
	}{
		{args: []string{"ls"}, want: []string{dead, waits, sent, "Inngest answered 400"}, not: "secret"},
		{args: []string{"ls", "--state", "dead"}, want: []string{dead}, not: waits},
		{args: []string{"ls", "--name", "a/waits"}, want: []string{waits}, not: dead},
		{args: []string{"ls", "--limit", "1"}, want: []string{dead, "There may be more"}, not: waits},
		{args: []string{"ls", "--limit", "0"}, status: exitFailure, want: []string{"--limit"}},
		{args: []string{"ls", "--state", "lost"}, status: exitUsage, want: []string{"--state"}},
		{args: []string{"show", dead}, want: []string{`{"secret": 1}`, "a/dead", "Inngest answered 400"}},
		{args: []string{"show", sent}, want: []string{"app-f run1: goes on"}},
		{args: []string{"show", uuid.New().String()}, status: exitFailure, want: []string{"not in the outbox"}},
		{args: []string{"show", "x"}, status: exitUsage, want: []string{"Try: router --help"}},
		{args: []string{"retry"}, status: exitFailure, want: []string{"--all-dead"}},
		{args: []string{"retry", "--all-dead", dead}, status: exitFailure, want: []string{"--all-dead"}},
		{args: []string{"retry", "--name", "a/dead", dead}, status: exitFailure, want: []string{"--name"}},
		{args: []string{"retry", "--all-dead", "--name", "other"}, want: []string{"0 events"}},
		{args: []string{"retry", "--all-dead"}, want: []string{"1 events"}},
		{args: []string{"ls", "--state", "dead"}, want: []string{"no such events"}},
		{args: []string{"retry", dead, sent}, want: []string{dead, sent}},
		{args: []string{"drop", uuid.New().String(), sent}, status: exitFailure, want: []string{sent + " is dropped", "not in the outbox"}},
		{args: []string{"ls"}, want: []string{dead, waits}, not: sent},
		{args: []string{"--help"}, want: []string{"retry", "drop"}},
	}
	for _, s := range steps {
		out, errOut, status := verb(t, env, append([]string{"events"}, s.args...)...)
		all := out + errOut
		if status != s.status {
			t.Errorf("%v: status %d, want %d: %s", s.args, status, s.status, all)
		}
		for _, want := range s.want {
			if !strings.Contains(all, want) {
				t.Errorf("%v: %q is not in\n%s", s.args, want, all)
			}
		}
		if s.not != "" && strings.Contains(all, s.not) {
			t.Errorf("%v: %q is in\n%s", s.args, s.not, all)
		}
	}

	out, _, _ := verb(t, env, "events", "ls", "--json")
	var listed []events.Kept
	if err := json.Unmarshal([]byte(out), &listed); err != nil || len(listed) != 2 || listed[0].Name != "a/dead" || listed[0].State != "waiting" {
		t.Errorf("ls --json: %v in %s", err, out)
	}
	out, _, _ = verb(t, env, "events", "show", "--json", dead)
	var shown events.Kept
	if err := json.Unmarshal([]byte(out), &shown); err != nil || !strings.Contains(string(shown.Data), "secret") {
		t.Errorf("show --json: %v in %s", err, out)
	}
	if _, errOut, status := verb(t, nil, "events", "ls"); status != exitUsage || !strings.Contains(errOut, "DATABASE_URL") || strings.Contains(errOut, "INNGEST") {
		t.Errorf("without a database: %d, %s", status, errOut)
	}
}
