package serving_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/live"
)

func TestNotReadyBeforeMigration(t *testing.T) {
	t.Parallel()
	env := append(routertest.Environment(t, ""), "DATABASE_URL="+dbtest.Empty(t))
	r := routertest.Start(t, catalog.Program(), env)
	var health struct{ Checks map[string]string }
	if status := r.Call("GET", "/readyz", nil, &health); status != 503 || !strings.Contains(health.Checks["schema"], "router migrate") {
		t.Errorf("before: %d %v", status, health.Checks)
	}
	if _, errOut, status := routertest.Verb(t, catalog.Program(), env, "migrate"); status != 0 {
		t.Fatal(errOut)
	}
	if status := r.Call("GET", "/readyz", nil, &health); status != 200 {
		t.Errorf("after: %d %v", status, health.Checks)
	}
}

// TestReadyWithoutInngest has nobody to register with. Streams are served all the same.
func TestReadyWithoutInngest(t *testing.T) {
	t.Parallel()
	r := routertest.Start(t, catalog.Program(), routertest.Environment(t, ""))
	routertest.Eventually(t, "it has tried to register", func() bool { return strings.Contains(r.Log.String(), "not registered with Inngest") })
	if status := r.Call("GET", "/readyz", nil, nil); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
	if status := r.SignUp().Call("HEAD", live.Path, nil, nil); status != http.StatusOK && !routertest.OnLambda() {
		t.Errorf("a stream: %d", status)
	}
}
