package durable_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/shared/config"
)

// TestReminded starts a second development server in place of the first. It has
// forgotten everything, until somebody asks the app, by an unsigned PUT, to
// register again; in development that is allowed.
func TestReminded(t *testing.T) {
	t.Parallel()
	port, err := strconv.Atoi(freePort(t))
	must(t, err)
	var jobs config.Jobs
	must(t, jobs.Dev.UnmarshalText(fmt.Appendf(nil, "http://127.0.0.1:%d", port)))
	c := &tally{}
	app := httptest.NewUnstartedServer(nil)
	host, err := durable.New(durable.Config{
		Functions: steps("jobs/steps", c), Jobs: jobs,
		Origin: "http://" + app.Listener.Addr().String(), Logger: testLog(t),
	})
	must(t, err)
	app.Config.Handler = host.Handler()
	app.Start()
	t.Cleanup(app.Close)
	for range 2 {
		server, err := stack.StartInngest(t.Context(), stack.Options{Dir: t.TempDir(), Port: port})
		must(t, err)
		t.Cleanup(func() { must(t, server.Stop()) })
		remind(t, app.URL+durable.Path)
		s := &inngest{t: t, url: server.URL}
		if got := s.ended(s.send(on("steps", nil))); got.Status != "Completed" {
			t.Errorf("got %s %s", got.Status, got.Output)
		}
		must(t, server.Stop())
	}
}

func remind(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, nil)
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the PUT is answered %s", res.Status)
	}
}
