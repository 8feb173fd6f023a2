package serving_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/await"
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
	await.That(t, "before, it is not ready, and says why", func() bool {
		return r.Call("GET", "/readyz", nil, &health) == http.StatusServiceUnavailable && strings.Contains(health.Checks["schema"], "router migrate")
	})
	if _, errOut, status := routertest.Verb(t, catalog.Program(), env, "migrate"); status != 0 {
		t.Fatal(errOut)
	}
	r.Ready()
}

// TestReadyWithoutInngest has nobody to register with. Streams are served all the same.
func TestReadyWithoutInngest(t *testing.T) {
	t.Parallel()
	r := routertest.Start(t, catalog.Program(), routertest.Environment(t, ""))
	await.That(t, "it has tried to register", func() bool { return strings.Contains(r.Log.String(), "not registered with Inngest") })
	r.Ready()
	if status := r.SignUp().Call("HEAD", live.Path, nil, nil); status != http.StatusOK && !routertest.OnLambda() {
		t.Errorf("a stream: %d", status)
	}
}
