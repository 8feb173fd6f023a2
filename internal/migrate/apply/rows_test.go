package apply_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/internal/migrate/apply"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/shared/fault"
)

const filling = orders + `; ALTER TABLE orders ADD code uuid; ALTER TABLE orders ALTER code SET DEFAULT gen_random_uuid();
	INSERT INTO orders (note, code) SELECT 'x', NULL FROM generate_series(1, 30000)`

func fill() plan.Step {
	return plan.Step{
		SQL: "UPDATE orders SET code = DEFAULT WHERE code IS NULL", Object: "orders.code", Way: plan.Batches,
		Batch: &plan.Batch{Table: "orders", Set: "code = DEFAULT", Where: "code IS NULL"},
	}
}

func (d *database) filled() {
	d.t.Helper()
	if n := d.value(`SELECT count(*) FROM orders WHERE code IS NULL`); n != "0" {
		d.t.Errorf("%s rows are not filled", n)
	}
}

// Rows that others move and lock meanwhile are filled too.
func TestBatches(t *testing.T) {
	t.Parallel()
	d := open(t, filling)
	other, locking := d.connect(""), d.connect("locking")
	d.exec(locking, "BEGIN; SELECT FROM orders WHERE id IN (5, 20000) FOR UPDATE")
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 0; ctx.Err() == nil; n++ {
			_, _ = other.Exec(ctx, "UPDATE orders SET note = $1::text WHERE id % 1000 = $1::int AND id NOT IN (5, 20000)", n%1000)
		}
	}()
	done := make(chan error, 1)
	go func() { done <- d.apply(apply.Options{}, fill()) }()
	d.wait(`SELECT count(*) <= 2 FROM orders WHERE code IS NULL`) // a locked row stops no other
	d.exec(locking, "COMMIT")
	must(t, <-done)
	stop()
	<-stopped
	d.filled()
}

func TestBatchesOfParts(t *testing.T) {
	t.Parallel()
	d := open(t, `CREATE TABLE orders (id int, code uuid DEFAULT gen_random_uuid()) PARTITION BY RANGE (id);
		CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (3000);
		CREATE TABLE orders_2 PARTITION OF orders DEFAULT;
		INSERT INTO orders SELECT i, NULL FROM generate_series(1, 5000) i`)
	must(t, d.apply(apply.Options{}, fill()))
	d.filled()
}

func TestBatchesWithoutEnd(t *testing.T) {
	t.Parallel()
	d := open(t, filling)
	s := fill()
	s.Batch.Set = "code = NULL"
	s.Batch.Where = "id < 10"
	if err := d.apply(apply.Options{}, s); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "it does not end") {
		t.Errorf("err = %v", err)
	}
}

// killed is the process that TestKilled kills: it migrates the database that is named.
const killed = "APPLY_TEST_KILLED"

func TestKilled(t *testing.T) {
	t.Parallel()
	if url := os.Getenv(killed); url != "" {
		conn, err := pgx.Connect(t.Context(), url)
		must(t, err)
		must(t, apply.Run(t.Context(), conn, []plan.Step{fill()}, apply.Options{}))
		return
	}
	d := open(t, filling)
	last := d.connect("") // has a row without which it cannot be done before it is killed
	d.exec(last, "BEGIN; SELECT FROM orders WHERE id = 31000 FOR UPDATE")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	child.Env = append(os.Environ(), killed+"="+d.url)
	must(t, child.Start())
	d.wait(`SELECT count(*) > 100 FROM orders WHERE code IS NOT NULL`)
	must(t, child.Process.Kill())
	_ = child.Wait()
	before := d.value(`SELECT md5(string_agg(code::text, ',' ORDER BY id)) FROM (SELECT * FROM orders WHERE code IS NOT NULL ORDER BY id LIMIT 100) o`)
	d.exec(last, "ROLLBACK")
	must(t, d.apply(apply.Options{}, fill()))
	d.filled()
	if after := d.value(`SELECT md5(string_agg(code::text, ',' ORDER BY id)) FROM (SELECT * FROM orders ORDER BY id LIMIT 100) o`); after != before {
		t.Error("rows that were filled were filled again")
	}
}

func script(s plan.Script) plan.Step {
	s.Name, s.Digest = "001_a.sql", "d1"
	return plan.Step{SQL: strings.Join(s.Statements, ";\n"), Object: "001_a.sql", File: "001_a.sql", Script: &s}
}

func TestScript(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	bad := script(plan.Script{Statements: []string{"CREATE VIEW v AS SELECT 1 AS n", "SELECT 1/count(*) FROM v WHERE n = 2"}})
	if err := d.apply(apply.Options{}, bad); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "001_a.sql: SELECT 1/count(*)") {
		t.Errorf("err = %v", err)
	}
	unchecked := script(plan.Script{Statements: []string{"CREATE VIEW v AS SELECT 1 AS n"}, Checks: []string{"to_regclass('w') IS NOT NULL"}})
	if err := d.apply(apply.Options{}, unchecked); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "its check is not true") {
		t.Errorf("err = %v", err)
	}
	if there := d.value(`SELECT to_regclass('v') IS NOT NULL`); there != "false" {
		t.Error("half of the file is there")
	}
	must(t, d.apply(apply.Options{}, script(plan.Script{
		Before:     true,
		Statements: []string{"CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM later'", "CREATE TABLE later ()"},
		Checks:     []string{"f() = 0"},
	})))
	files, err := record.Scripts(t.Context(), d.conn)
	if err != nil || files["001_a.sql"] != "d1" {
		t.Errorf("Scripts = %v, %v", files, err)
	}
}

func TestRepeat(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	must(t, d.apply(apply.Options{}, script(plan.Script{
		Repeat:     true,
		Statements: []string{"UPDATE orders SET note = 'done' WHERE id IN (SELECT id FROM orders WHERE note <> 'done' LIMIT 100)", "SELECT 1"},
		Checks:     []string{"NOT EXISTS (SELECT FROM orders WHERE note <> 'done')"},
	})))
	files, err := record.Scripts(t.Context(), d.conn)
	if err != nil || len(files) != 1 {
		t.Errorf("Scripts = %v, %v", files, err)
	}
}

// PostgreSQL's own words hold values, which go nowhere.
func TestSecret(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	for _, sql := range []string{
		"ALTER TABLE orders ALTER note TYPE int USING note::int",
		"DO $$ BEGIN RAISE EXCEPTION '%', (SELECT note FROM orders LIMIT 1); END $$",
		"ALTER TABLE orders ADD UNIQUE (note)",
		"ALTER TABLE orders ADD CHECK (note = 'x')",
		"ALTER TABLE orders ADD EXCLUDE (note WITH =)",
	} {
		if err := d.apply(apply.Options{}, plan.Step{SQL: sql, Object: "orders"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: err = %v", sql, err)
		}
	}
}

// A server that goes away is no fault of the plan.
func TestLost(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	done := make(chan error, 1)
	go func() {
		done <- d.apply(apply.Options{}, plan.Step{SQL: "UPDATE orders SET note = pg_sleep(600)::text", Object: "orders"})
	}()
	d.wait(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'UPDATE%' AND wait_event = 'PgSleep'`)
	select {
	case err := <-done:
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "was lost") {
			t.Errorf("err = %v", err)
		}
	case <-time.After(await.Patience):
		t.Fatal("it goes on")
	}
}
