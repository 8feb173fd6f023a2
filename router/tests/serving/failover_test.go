package serving_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/internal/project"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// TestFailover takes the database of a running router away as a failover does, leaves it
// one for a while that takes no writes, and gives it back.
func TestFailover(t *testing.T) {
	t.Parallel()
	env := routertest.Environment(t, "")
	r := routertest.Start(t, catalog.Program(), env).SignUp()
	r.MakeKey("before")
	u, err := url.Parse(routertest.ValueOf(env, "DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	name := u.Path[1:]
	u.Path = "/postgres"
	server, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(t.Context())
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := server.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	listening := func() bool {
		var n int
		err := server.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = $1 AND application_name = $2 AND query LIKE 'LISTEN outbox%'`, name, project.Name()).Scan(&n)
		return err == nil && n == 1
	}
	await.That(t, "the relay listens", listening)

	exec(fmt.Sprintf(`ALTER DATABASE %s SET default_transaction_read_only = on`, name))
	exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	for range 5 {
		resp := r.Send("POST", "/api/keys", strings.NewReader(`{"name":"while"}`))
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("while nothing can be written: got %d, Retry-After %q; want 503 and when to try again", resp.StatusCode, resp.Header.Get("Retry-After"))
		}
		if status := r.Call("GET", "/readyz", nil, nil); status != http.StatusServiceUnavailable {
			t.Errorf("while nothing can be written /readyz is %d, want 503", status)
		}
	}

	exec(fmt.Sprintf(`ALTER DATABASE %s RESET default_transaction_read_only`, name))
	for i := range 10 {
		r.MakeKey(fmt.Sprint("after ", i))
		if keys := r.Keys(); len(keys) != i+2 {
			t.Errorf("afterwards: there are %v, want the one from before and %d", keys, i+1)
		}
	}
	await.That(t, "the relay listens again", listening)
	r.Ready()
}
