package events_test

import (
	"path/filepath"
	"testing"
	"time"

	"switchyard/internal/migrate"
	"switchyard/internal/stack"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// The relay, its LISTEN and the pool come back by themselves with the database.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	o := stack.PostgresOptions{Options: stack.Options{Dir: filepath.Join(t.TempDir(), "pg")}, Durable: true}
	pg := startPostgres(t, &o)
	if _, err := migrate.Apply(t.Context(), pg.URL, dbtest.Schema(t), migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(pg.URL)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	s := serve(t)
	b := open(t, d, s.URL)
	run(t, b)
	publish(t, d, b, note{"before"})
	s.want(t, "before")
	eventually(t, d, `SELECT count(*) = 0 FROM outbox WHERE state = 'waiting'`)
	if err := pg.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := d.Ready(t.Context()); err == nil {
		t.Error("the database still answers")
	}
	startPostgres(t, &o)
	begun := time.Now()
	for d.Ready(t.Context()) != nil { // each takes one broken connection out of the pool
		time.Sleep(time.Millisecond)
	}
	publish(t, d, b, note{"after"})
	s.want(t, "before", "after")
	t.Logf("sent %s after the database was back", time.Since(begun))
	const listener = `FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN outbox' AND state = 'idle'`
	eventually(t, d, `SELECT count(*) = 1 `+listener)
	t.Logf("listening %s after the database was back", time.Since(begun))
}

// startPostgres starts a server that the test may stop, on the same port each time.
func startPostgres(t *testing.T, o *stack.PostgresOptions) *stack.Postgres {
	t.Helper()
	pg, err := stack.StartPostgres(t.Context(), *o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop() })
	c, err := db.Open(t.Context(), config.Database{URL: config.Secret(pg.URL)})
	if err != nil {
		t.Fatal(err)
	}
	o.Port = int(c.Config().ConnConfig.Port)
	_ = c.Close()
	return pg
}
