package jobs_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/router/internal/routertest"
)

// TestServedOverConnect has a router that opens the connection to Inngest.
func TestServedOverConnect(t *testing.T) {
	t.Parallel()
	env := append(routertest.Environment(t, routertest.StartInngest(t)), "INNGEST_CONNECT=on")
	if _, errOut, status := routertest.Verb(t, sample(), env, "serve", "--only", "jobs/mail"); status != 2 {
		t.Errorf("some of the jobs: status %d, %s", status, errOut)
	}
	// In a process of its own: what functions log stands in the log of a process's last router.
	r, _ := routertest.StartProcess(t, "", env)
	r = r.SignUp()
	r.ForgetsPassword("ada@example.com")
	r.Mailed(1)
	counted(t, 1, r.Log)
	if status := r.Call("GET", "/api/inngest", nil, nil); status != http.StatusNotFound {
		t.Errorf("calls to the router are answered with %d", status)
	}
	if log := r.Log.String(); !strings.Contains(log, "jobs are connected to Inngest") || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("it said:\n%s", log)
	}
}
