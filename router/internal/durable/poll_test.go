package durable_test

import (
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"

	"switchyard/router/internal/durable"
	"switchyard/shared/config"
	"switchyard/shared/stack"
)

// TestPolled leaves registration to a development server that knows where to ask,
// and starts another one in its place, which has forgotten everything.
func TestPolled(t *testing.T) {
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
	for n := range 2 {
		server, err := stack.StartInngest(t.Context(), stack.InngestOptions{
			Options: stack.Options{Dir: t.TempDir(), Port: port}, App: app.URL + durable.Path,
		})
		must(t, err)
		t.Cleanup(func() { must(t, server.Stop()) })
		s := &inngest{t: t, url: server.URL}
		// An event that comes before the functions are known starts nothing.
		eventually(t, fmt.Sprintf("server %d knows the job", n+1), func() bool { return s.knows("jobs-steps") })
		if got := s.ended(s.send(on("steps", nil))); got.Status != "Completed" {
			t.Errorf("got %s %s", got.Status, got.Output)
		}
		must(t, server.Stop())
	}
}

// knows reports whether the server has a function with this id.
func (s *inngest) knows(id string) bool {
	s.t.Helper()
	var answer struct {
		Data struct {
			Apps []struct{ Functions []struct{ Slug string } }
		}
	}
	s.post("/v0/gql", map[string]string{"query": "{apps{functions{slug}}}"}, &answer)
	for _, app := range answer.Data.Apps {
		for _, f := range app.Functions {
			if f.Slug == durable.AppID+"-"+id {
				return true
			}
		}
	}
	return false
}
