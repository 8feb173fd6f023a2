package release_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dbtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func alive(t *testing.T, conn *pgx.Conn) []release.Release {
	t.Helper()
	all, err := release.Alive(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestUses(t *testing.T) {
	t.Parallel()
	orders, notes := snapshot.Name{Schema: "public", Name: "orders"}, snapshot.Name{Schema: "public", Name: "notes"}
	u, err := release.Parse(`[{"table":{"schema":"public","name":"orders"},"columns":["id","n"],"inserts":true},
		{"table":{"schema":"public","name":"notes"},"all":true,"updates":true}]`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{
		"id": u.Reads(orders, "id"), "other column": u.Reads(orders, "m"), "all": u.Reads(notes, "m"),
		"inserts": u.Inserts(orders), "inserts none": u.Inserts(notes), "writes": u.Writes(orders), "updates": u.Writes(notes),
		"names": u.Names(orders), "other table": u.Names(snapshot.Name{Schema: "audit", Name: "orders"}),
	}
	want := map[string]bool{
		"id": true, "other column": false, "all": true, "inserts": true, "inserts none": false, "writes": true, "updates": true,
		"names": true, "other table": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if none, err := release.Parse(""); none != nil || err != nil {
		t.Errorf("no uses: got %v, %v", none, err)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	a, b := release.Name("", "devel", "d", "[]"), release.Name("", "devel", "d", "[1]")
	if a == b || !strings.HasPrefix(a, "devel-") || release.Name("dep", "devel", "d", "") != "dep" {
		t.Errorf("got %q and %q", a, b)
	}
}

// Several replicas of a release are one; what has stopped, or said nothing for a minute, is gone.
func TestAlive(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	if all := alive(t, conn); all != nil {
		t.Errorf("without the table: got %v", all)
	}
	for range 2 {
		if err := release.Create(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	uses := release.Uses{{Table: snapshot.Name{Schema: "public", Name: "orders"}, Columns: []string{"id"}, Inserts: true}}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	one := release.NewPresence(conn, release.Release{ID: "v1", Digest: "d1", Uses: uses}, false, logger)
	two := release.NewPresence(conn, release.Release{ID: "v1", Digest: "d1", Uses: uses}, true, logger)
	other := release.NewPresence(conn, release.Release{ID: "v2", Digest: "d2"}, true, logger)
	for _, p := range []*release.Presence{one, two, other, other} {
		p.Say(t.Context())
	}
	want := []release.Release{{ID: "v1", Digest: "d1", Uses: uses, Replicas: 2}, {ID: "v2", Digest: "d2", Replicas: 1}}
	if diff := cmp.Diff(want, alive(t, conn), cmpopts.IgnoreFields(release.Release{}, "StartedAt", "SeenAt"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}

	if _, err := conn.Exec(t.Context(), `UPDATE switchyard_internal.release SET seen_at = now() - interval '5 minutes'`); err != nil {
		t.Fatal(err)
	}
	if all := alive(t, conn); len(all) != 2 || all[0].Replicas != 1 {
		t.Errorf("after five minutes without a word: got %v, want the two that may be frozen", all)
	}
	if _, err := conn.Exec(t.Context(), `UPDATE switchyard_internal.release SET seen_at = now() - interval '2 days' WHERE id = 'v2'`); err != nil {
		t.Fatal(err)
	}
	release.NewPresence(conn, release.Release{ID: "v3"}, false, logger).Say(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM switchyard_internal.release WHERE id = 'v2'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("a release of days ago: %d rows, %v", n, err)
	}
	if log.Len() > 0 {
		t.Errorf("it warned: %s", &log)
	}
}

// A process that stops says so; one that may not write warns once.
func TestPresence(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	without := release.NewPresence(conn, release.Release{ID: "v1"}, false, logger)
	without.Say(t.Context())
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "router migrate") {
		t.Errorf("without the table: %d warnings\n%s", n, &log)
	}
	if err := release.Create(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	p := release.NewPresence(conn, release.Release{ID: "v1"}, false, logger)
	p.Say(t.Context())
	if all := alive(t, conn); len(all) != 1 {
		t.Fatalf("got %v", all)
	}
	p.Run(stopped)
	if all := alive(t, conn); len(all) != 0 {
		t.Errorf("after it stopped: got %v", all)
	}
}
