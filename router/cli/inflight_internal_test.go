package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inngest/inngestgo/step"
	"github.com/jackc/pgx/v5"

	"switchyard/router/catalog"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/function"
	"switchyard/router/wire"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// shipping is a program of one job, whose step has a name.
func shipping(step string) wire.Program {
	p := catalog.Program()
	p.Functions = []function.Function{durabletest.NewJob("jobs/ship", fn.Job{Events: []string{"test/task"}}, ship(step))}
	return p
}

func ship(name string) durabletest.Task {
	return func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, name, func(context.Context) (int, error) { panic("a step was run") })
		return nil, err
	}
}

// withRun migrates a database and puts a run of jobs/ship into it that has come to "pack".
func withRun(t *testing.T) (url string) {
	t.Helper()
	url = dbtest.Empty(t)
	if _, errOut, status := verb(t, []string{"DATABASE_URL=" + url}, "migrate"); status != exitOK {
		t.Fatal(errOut)
	}
	conn, err := pgx.Connect(t.Context(), url)
	durabletest.Must(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_, err = conn.Exec(t.Context(), `
		INSERT INTO event_run (event_id, function, run_id, due_at, name, data, release)
			SELECT gen_random_uuid(), '`+durabletest.Slug("jobs-ship")+`', '01RUN', now(), 'test/task', '{}', 'v1';
		INSERT INTO run_step (run_id, id, nr, name, op) VALUES ('01RUN', '6acd621280932e6f3f2f8783e06992590b6c7a53', 0, 'pack', 'StepPlanned')`)
	durabletest.Must(t, err)
	return url
}

func TestMigrateWithRunsInFlight(t *testing.T) {
	t.Parallel()
	url := withRun(t)
	env := []string{"DATABASE_URL=" + url, "INNGEST_SIGNING_KEY=" + durabletest.SigningKey, "BETTER_AUTH_URL=https://app.example"}
	for name, tt := range map[string]struct {
		step   string
		env    []string
		status int
		want   string
	}{
		"as it was":               {"pack", env, exitOK, "1 run in flight, 1 checked, 0 that"},
		"renamed":                 {"wrap", env, exitFailure, `"pack", and the function asks for "wrap" in its place (as in 01RUN)`},
		"what to do":              {"wrap", env, exitFailure, "JOBS_IN_FLIGHT"},
		"continue":                {"wrap", append(env, "JOBS_IN_FLIGHT=continue"), exitOK, `asks for "wrap"`},
		"keep":                    {"wrap", append(env, "JOBS_IN_FLIGHT=keep"), exitOK, `asks for "wrap"`},
		"development":             {"wrap", append(env, "INNGEST_DEV=1"), exitOK, "nothing to do"},
		"no environment":          {"pack", env[:1], exitUsage, "INNGEST_SIGNING_KEY"},
		"neither, and never mind": {"pack", []string{env[0], "JOBS_IN_FLIGHT=continue"}, exitOK, "could not be checked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			status := Run(t.Context(), shipping(tt.step), []string{"migrate"}, tt.env, &out, &out)
			if status != tt.status || !strings.Contains(out.String(), tt.want) {
				t.Errorf("status %d, want %d and %q in:\n%s", status, tt.status, tt.want, &out)
			}
		})
	}
}

// TestCheckRunning asks a database, and a router that has it.
func TestCheckRunning(t *testing.T) {
	t.Parallel()
	url := withRun(t)
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
	durabletest.Must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	jobs := durabletest.Production(t)
	host, err := durable.New(durable.Config{Functions: shipping("pack").Functions, Jobs: jobs, Logger: durabletest.Log(t)})
	durabletest.Must(t, err)
	router := httptest.NewServer(inflight.Handler(host.Handler(), host, inflight.Database{DB: d}))
	t.Cleanup(router.Close)

	env := []string{"INNGEST_SIGNING_KEY=" + durabletest.SigningKey, "BETTER_AUTH_URL=https://app.example"}
	for name, tt := range map[string]struct {
		step, at string
		env      []string
		status   int
	}{
		"a database":           {"pack", url, env, exitOK},
		"a database, renamed":  {"wrap", url, env, exitFailure},
		"a router":             {"pack", router.URL, env, exitOK},
		"a router, renamed":    {"wrap", router.URL + "/", env, exitFailure},
		"with no key":          {"pack", router.URL, env[1:], exitUsage},
		"with another key":     {"pack", router.URL, []string{"INNGEST_SIGNING_KEY=00", env[1]}, exitFailure},
		"nobody is there":      {"pack", "http://127.0.0.1:1", env, exitFailure},
		"what is no such URL":  {"pack", "ftp://127.0.0.1:1", env, exitUsage},
		"without what it asks": {"pack", url, nil, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			status := Run(t.Context(), shipping(tt.step), []string{"check", "--json", "--running", tt.at}, tt.env, &out, &errOut)
			if status != tt.status {
				t.Fatalf("status %d, want %d: %s", status, tt.status, &errOut)
			}
			var report inflight.Report
			if status == exitUsage || strings.Contains(errOut.String(), "ask for") {
				return
			}
			durabletest.Must(t, json.Unmarshal(out.Bytes(), &report))
			if want := map[string]int{"pack": 0, "wrap": 1}[tt.step]; report.Runs != 1 || report.Stranded() != want {
				t.Errorf("got %s", &out)
			}
		})
	}
}
