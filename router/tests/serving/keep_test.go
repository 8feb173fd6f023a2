package serving_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/cli"
	"switchyard/router/internal/routertest"
)

// TestReleaseStaysForItsRuns stops a release of which a run goes on that the next one
// sends back to it.
func TestReleaseStaysForItsRuns(t *testing.T) {
	t.Parallel()
	env := append(routertest.Environment(t, ""), "INNGEST_DEV=0", "INNGEST_BASE_URL=http://127.0.0.1:1", "INNGEST_SIGNING_KEY=00",
		"INNGEST_EVENT_KEY=00", "INNGEST_SERVE_UNTRIED=on", "RAILWAY_DEPLOYMENT_ID=v1", "JOBS_IN_FLIGHT=keep")
	d := routertest.DB(t, env)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	log := &routertest.Output{}
	ended := make(chan int, 1)
	go func() { ended <- cli.Run(ctx, catalog.Program(), []string{"serve"}, env, log, log) }()
	url := routertest.ValueOf(env, "BETTER_AUTH_URL")
	var address string
	await.That(t, "the release says where it is reached", func() bool {
		return d.QueryRow(ctx, `SELECT address FROM job_release WHERE release = 'v1'`).Scan(&address) == nil
	})
	if address != url { // it listens on 127.0.0.1 alone
		t.Errorf("it is at %s, and says %s", url, address)
	}
	for _, sql := range []string{
		`INSERT INTO job_release (origin, release, functions, listeners) SELECT origin, 'v2', functions, listeners FROM job_release`,
		`INSERT INTO event_run (event_id, function, run_id, due_at, release) VALUES (gen_random_uuid(), 'x', '01RUN', now(), 'v1')`,
	} {
		if _, err := d.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	await.That(t, "it is not ready any more", func() bool {
		res, err := http.Get(url + "/readyz")
		if err != nil {
			t.Fatalf("it has stopped: %v", err)
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode == http.StatusServiceUnavailable
	})
	if _, err := d.Exec(t.Context(), `UPDATE event_run SET outcome = 'done'`); err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status != 0 || !strings.Contains(log.String(), "drained") {
		t.Errorf("status %d:\n%s", status, log)
	}
}
