package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/internal/stack"
)

// clients is how many read and write while the schema changes.
const clients = 4

// longest is how long a query of others may wait while the schema changes: far less than
// the transaction that is in the way stays open, at the large scale.
const longest = 10 * time.Second

// shop is a PostgreSQL with a table of wares that others use while its schema changes.
type shop struct {
	t   *testing.T
	url string
	dir string // of the schema
	db  *pgxpool.Pool

	next     atomic.Int64 // id of a ware
	inserted atomic.Int64
	seen     atomic.Int64 // updates
	slowest  atomic.Int64 // query, as a time.Duration
	failure  sync.Once    // of a query: the first is shown
}

// openShop makes the table, with rows.
func openShop(t *testing.T, rows int) *shop {
	t.Helper()
	dir, remove, err := stack.TempDir()
	must(t, err)
	t.Cleanup(func() { must(t, remove()) })
	server, err := stack.StartPostgres(t.Context(), stack.PostgresOptions{Options: stack.Options{Dir: dir}})
	must(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	s := &shop{t: t, dir: filepath.Join(dir, "schema")}
	s.url, err = server.CreateDatabase(t.Context(), "shop")
	must(t, err)
	must(t, os.Mkdir(s.dir, 0o755))
	s.wants()
	s.migrated()
	config, err := pgxpool.ParseConfig(s.url)
	must(t, err)
	config.MaxConns = clients + 2
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec // the table changes under it
	s.db, err = pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(s.db.Close)
	s.exec(`INSERT INTO kind SELECT i FROM generate_series(0, 9) i`)
	s.exec(`INSERT INTO ware (id, code, n, kind, note) SELECT i, 'c' || i, i + 0, i % 10, 'n' FROM generate_series(1, $1::int) i`, rows)
	s.next.Store(int64(rows))
	return s
}

// wares is the schema. Its %s is the type of n, and what there is more.
const wares = `schema "public" {}
table "kind" {
  schema = schema.public
  column "id" { type = int }
  primary_key { columns = [column.id] }
}
table "ware" {
  schema = schema.public
  column "id" { type = bigint }
  column "code" { type = text }
  column "n" { type = %s }
  column "kind" { type = int }
  column "note" {
    type = text
    null = true
  }
  column "seen" {
    type    = int
    default = 0
  }
  primary_key { columns = [column.id] }
%s}
`

// wants writes the schema with what there is more of it.
func (s *shop) wants(more ...string) {
	s.t.Helper()
	n := "int"
	if len(more) > 0 && more[len(more)-1] == widened {
		n, more = "bigint", more[:len(more)-1]
	}
	must(s.t, os.WriteFile(filepath.Join(s.dir, "schema.hcl"), fmt.Appendf(nil, wares, n, strings.Join(more, "")), 0o600))
}

// command is the router's migrate of that schema.
func (s *shop) command(args ...string) *exec.Cmd {
	cmd := exec.Command(router.base, append([]string{"migrate", "--schema", s.dir}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "DATABASE_URL=" + s.url}
	return cmd
}

func (s *shop) migrated(args ...string) {
	s.t.Helper()
	if out, err := s.command(args...).CombinedOutput(); err != nil {
		s.t.Errorf("router migrate %v: %v\n%s", args, err, out)
	}
}

func (s *shop) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.db.Exec(s.t.Context(), sql, args...)
	must(s.t, err)
}

func (s *shop) count(sql string) (n int64) {
	s.t.Helper()
	must(s.t, s.db.QueryRow(s.t.Context(), sql).Scan(&n))
	return n
}

// busy has clients read and write until end is called, or the test ends. What end returns
// is the longest that one of their queries took.
func (s *shop) busy() (end func() time.Duration) {
	var ended atomic.Bool
	s.slowest.Store(0)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for !ended.Load() {
				s.visit()
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	stop := func() {
		ended.Store(true)
		all.Wait()
	}
	s.t.Cleanup(stop)
	return func() time.Duration {
		stop()
		return time.Duration(s.slowest.Load())
	}
}

// visit is one round of a client: it reads a ware, writes one, and makes one.
func (s *shop) visit() {
	id := 2 + rand.Int64N(s.next.Load()/2)
	s.timed(`SELECT code, n, kind, note FROM ware WHERE id = $1`, id)
	if s.timed(`UPDATE ware SET seen = seen + 1 WHERE id = $1`, id) {
		s.seen.Add(1)
	}
	id = s.next.Add(1)
	if s.timed(`INSERT INTO ware (id, code, n, kind) VALUES ($1, 'c' || $1::bigint, 1, $1::bigint % 10)`, id) {
		s.inserted.Add(1)
	}
}

// timed runs a query and reports whether it went well.
func (s *shop) timed(sql string, id int64) bool {
	began := time.Now()
	_, err := s.db.Exec(context.WithoutCancel(s.t.Context()), sql, id)
	if err != nil {
		s.failure.Do(func() { s.t.Errorf("a client's query failed: %v", err) })
	}
	took := int64(time.Since(began))
	for was := s.slowest.Load(); took > was && !s.slowest.CompareAndSwap(was, took); {
		was = s.slowest.Load()
	}
	return err == nil
}

// inTheWay reads and writes in a transaction that stays open for d.
func (s *shop) inTheWay(d time.Duration) (ended <-chan struct{}) {
	s.t.Helper()
	tx, err := s.db.Begin(s.t.Context())
	must(s.t, err)
	_, err = tx.Exec(s.t.Context(), `UPDATE ware SET seen = seen + 0 WHERE id = 1`)
	must(s.t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(d)
		if err := tx.Commit(context.WithoutCancel(s.t.Context())); err != nil {
			s.t.Errorf("the transaction that was in the way did not come through: %v", err)
		}
	}()
	return done
}
