package serving_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// A database that lacks a column is not ready, though its schema was applied once. Only who
// may see the metrics is told which one.
func TestNotReadyWithoutAColumn(t *testing.T) {
	t.Parallel()
	env := append(routertest.Environment(t, ""), "METRICS_TOKEN=scrape-0123456789")
	conn := recorded(t, env)
	if _, err := conn.Exec(t.Context(), `ALTER TABLE file DROP COLUMN thumbnail, ADD COLUMN mine int`); err != nil {
		t.Fatal(err)
	}
	r := routertest.Start(t, catalog.Program(), env)
	var health struct{ Checks map[string]string }
	await.That(t, "it is not ready, and says why", func() bool {
		return r.Call("GET", "/readyz", nil, &health) == http.StatusServiceUnavailable && strings.Contains(health.Checks["schema"], "migrate --verify")
	})
	if text := health.Checks["schema"]; strings.Contains(text, "thumbnail") {
		t.Errorf("anybody learns a name: %s", text)
	}
	asked := func(path string) string {
		resp := r.Ask("GET", path, "", "Authorization: Bearer scrape-0123456789")
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	await.That(t, "with the token, it says which", func() bool { return strings.Contains(asked("/readyz"), "file.thumbnail") })
	text := asked("/metrics")
	for _, name := range []string{"switchyard_schema_missing", "switchyard_schema_more"} {
		if !strings.Contains(text, name+`{project="`+catalog.Program().Project.Name+`"} 1`+"\n") {
			t.Errorf("%s is not 1 in %s", name, text)
		}
	}
	await.That(t, "it is in the log", func() bool {
		return strings.Contains(r.Log.String(), "file.thumbnail") && strings.Contains(r.Log.String(), "file.mine")
	})
}

// A release lives from its start to its end.
func TestReleaseLives(t *testing.T) {
	t.Parallel()
	env := routertest.Environment(t, "")
	conn := recorded(t, env)
	alive := func() []release.Release {
		all, err := release.Alive(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	t.Run("runs", func(t *testing.T) {
		r := routertest.Start(t, catalog.Program(), env)
		await.That(t, "it says that it lives", func() bool { return len(alive()) == 1 })
		one := alive()[0]
		if one.Digest != catalog.Program().Digest || !one.Uses.Reads(snapshot.Name{Schema: "public", Name: "file"}, "owner") {
			t.Errorf("got %+v", one)
		}
		r.Ready()
	})
	if all := alive(); len(all) != 0 {
		t.Errorf("after its end: got %v", all)
	}
}

// recorded returns a connection to the database of env, for which it is recorded what it
// shall hold: what it holds.
func recorded(t *testing.T, env []string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), routertest.ValueOf(env, "DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	is, err := snapshot.Read(t.Context(), conn, []string{"public"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(is)
	if err != nil {
		t.Fatal(err)
	}
	if err := record.Ensure(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := record.Expect(t.Context(), conn, catalog.Program().Digest, text); err != nil {
		t.Fatal(err)
	}
	return conn
}
