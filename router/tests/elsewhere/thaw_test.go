package elsewhere_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/router/catalog"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
)

// withKeys is a small program, for each function of it is packaged.
func withKeys() program.Program {
	p := catalog.Program()
	p.Functions = slices.DeleteFunc(p.Functions, func(f function.Function) bool {
		return f.Name != "api/auth" && !strings.HasPrefix(f.Name, "api/keys/")
	})
	return p
}

// TestThaw has a database that forgets its clients while they are frozen.
func TestThaw(t *testing.T) {
	if !routertest.OnLambda() {
		t.Skip("it is about Lambda: run it with -lambda")
	}
	t.Parallel()
	r := routertest.Start(t, withKeys(), routertest.Environment(t, "")).SignUp()
	for range 3 {
		time.Sleep(1100 * time.Millisecond) // less, and a connection is trusted
		if status := r.Call("GET", "/api/keys", nil, nil); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		conn, err := pgx.Connect(t.Context(), routertest.ValueOf(r.Env, "DATABASE_URL"))
		if err != nil {
			t.Fatal(err)
		}
		var cut int
		err = conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&cut)
		if err := errors.Join(err, conn.Close(t.Context())); err != nil || cut == 0 {
			t.Fatalf("%d connections cut: %v", cut, err)
		}
	}
}
