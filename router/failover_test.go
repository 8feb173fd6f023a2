package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestFailover takes the database of a running router away as a failover does, leaves it
// one for a while that takes no writes, and gives it back.
func TestFailover(t *testing.T) {
	t.Parallel()
	env := environment(t, "")
	d := startDesk(t, env).signUp()
	f, _ := d.register("before.txt", 3, "text/plain")
	u, err := url.Parse(valueOf(env, "DATABASE_URL"))
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
			WHERE datname = $1 AND application_name = 'switchyard' AND query LIKE 'LISTEN outbox%'`, name).Scan(&n)
		return err == nil && n == 1
	}
	eventually(t, "the relay listens", listening)

	exec(fmt.Sprintf(`ALTER DATABASE %s SET default_transaction_read_only = on`, name))
	exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	for range 5 {
		resp := d.send("POST", "/api/files", strings.NewReader(`{"name":"while.txt","size":3}`))
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("while nothing can be written: got %d, Retry-After %q; want 503 and when to try again", resp.StatusCode, resp.Header.Get("Retry-After"))
		}
		if status := d.call("GET", "/readyz", nil, nil); status != http.StatusServiceUnavailable {
			t.Errorf("while nothing can be written /readyz is %d, want 503", status)
		}
	}

	exec(fmt.Sprintf(`ALTER DATABASE %s RESET default_transaction_read_only`, name))
	for i := range 10 {
		d.register(fmt.Sprintf("after-%d.txt", i), 3, "text/plain") // fails unless it is 201
		if status := d.call("GET", "/api/files/"+f.ID, nil, nil); status != http.StatusOK {
			t.Errorf("afterwards: a file that was there is %d", status)
		}
	}
	eventually(t, "the relay listens again", listening)
	eventually(t, "the router is ready", func() bool { return d.call("GET", "/readyz", nil, nil) == http.StatusOK })
}
