package durable_test

import (
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"

	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/shared/config"
)

// TestReminded starts a second development server in place of the first. It has
// forgotten everything, until somebody asks the app, by an unsigned PUT, to
// register again; in development that is allowed.
func TestReminded(t *testing.T) {
	t.Parallel()
	port, err := strconv.Atoi(durabletest.FreePort(t))
	durabletest.Must(t, err)
	var jobs config.Jobs
	durabletest.Must(t, jobs.Dev.UnmarshalText(fmt.Appendf(nil, "http://127.0.0.1:%d", port)))
	c := &durabletest.Tally{}
	app := httptest.NewUnstartedServer(nil)
	host, err := durable.New(durable.Config{
		Functions: durabletest.Steps("jobs/steps", c), Jobs: jobs,
		Origin: "http://" + app.Listener.Addr().String(), Logger: durabletest.Log(t),
	})
	durabletest.Must(t, err)
	app.Config.Handler = host.Handler()
	app.Start()
	t.Cleanup(app.Close)
	for range 2 {
		server, err := stack.StartInngest(t.Context(), stack.Options{Dir: t.TempDir(), Port: port})
		durabletest.Must(t, err)
		t.Cleanup(func() { _ = server.Stop() })
		durabletest.Remind(t, app.URL+durable.Path)
		s := &durabletest.Server{T: t, URL: server.URL}
		if got := s.AwaitRun(s.Send(durabletest.Event("steps", nil))); got.Status != "Completed" {
			t.Errorf("got %s %s", got.Status, got.Output)
		}
		_ = server.Stop() // if it had to be killed it is as gone
	}
}
