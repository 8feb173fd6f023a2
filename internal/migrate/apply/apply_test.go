package apply_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/apply"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// secret stands in rows, and nowhere else.
const secret = "hunter2@example.com"

// database is one of a test.
type database struct {
	t    *testing.T
	url  string
	conn *pgx.Conn // that migrates
	log  *buffer
	run  *record.Run
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// open makes a database in which sql ran.
func open(t *testing.T, sql string) *database {
	t.Helper()
	d := &database{t: t, url: dbtest.Empty(t), log: &buffer{}}
	d.conn = d.connect("")
	d.exec(d.conn, sql)
	must(t, record.Ensure(t.Context(), d.conn))
	run, err := record.Begin(t.Context(), d.conn, "v1")
	must(t, err)
	d.run = run
	t.Cleanup(func() {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log holds a value of a row:\n%s", d.log)
		}
	})
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect opens a further connection; name is its application_name.
func (d *database) connect(name string) *pgx.Conn {
	d.t.Helper()
	c, err := pgx.ParseConfig(d.url)
	must(d.t, err)
	c.RuntimeParams["application_name"] = name
	conn, err := pgx.ConnectConfig(d.t.Context(), c)
	must(d.t, err)
	d.t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(d.t.Context())) })
	return conn
}

func (d *database) exec(conn *pgx.Conn, sql string) {
	d.t.Helper()
	_, err := conn.Exec(d.t.Context(), sql)
	must(d.t, err)
}

// value returns the only value of a query.
func (d *database) value(sql string) (v string) {
	d.t.Helper()
	must(d.t, d.connect("").QueryRow(d.t.Context(), "SELECT ("+sql+")::text").Scan(&v))
	return v
}

// apply runs steps, and looks that no value of a row is in the error or the history.
func (d *database) apply(o apply.Options, steps ...plan.Step) error {
	d.t.Helper()
	o.Log, o.Record = d.log, d.run
	err := apply.Run(d.t.Context(), d.conn, steps, o)
	if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
		d.t.Errorf("the error holds a value of a row: %v", err)
	}
	if found := d.value(`SELECT count(*) FROM switchyard_internal.statement s WHERE to_jsonb(s)::text LIKE '%` + secret + `%'`); found != "0" {
		d.t.Error("the history holds a value of a row")
	}
	return err
}

func (d *database) statements() []record.Statement {
	d.t.Helper()
	all, err := record.History(d.t.Context(), d.connect(""), 1)
	must(d.t, err)
	return all[0].Statements
}

func (d *database) logged(text string) {
	d.t.Helper()
	if !strings.Contains(d.log.String(), text) {
		d.t.Errorf("the log does not say %q:\n%s", text, d.log)
	}
}

// wait returns when a condition in SQL is true.
func (d *database) wait(condition string) {
	d.t.Helper()
	conn := d.connect("")
	for {
		var is bool
		must(d.t, conn.QueryRow(d.t.Context(), "SELECT coalesce(("+condition+"), false)").Scan(&is))
		if is {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

const orders = `CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
	INSERT INTO orders (note) SELECT '` + secret + `' FROM generate_series(1, 1000)`

func TestTogether(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	err := d.apply(apply.Options{},
		plan.Step{SQL: "ALTER TABLE orders ADD a int", Object: "orders", Class: plan.Safe, Group: 1},
		plan.Step{SQL: "ALTER TABLE orders ADD b int NOT NULL", Object: "orders", Group: 1, File: "x.hcl"},
		plan.Step{SQL: "ALTER TABLE orders ADD c int", Object: "orders"})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), `column "b"`) {
		t.Errorf("err = %v", err)
	}
	if n := d.value(`SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname IN ('a', 'b', 'c')`); n != "0" {
		t.Errorf("%s columns of a transaction that failed are there", n)
	}
	if done := d.statements(); len(done) != 1 || done[0].Error == "" || done[0].File != "x.hcl" {
		t.Errorf("the history has %+v", done)
	}
	must(t, d.apply(apply.Options{},
		plan.Step{SQL: "ALTER TABLE orders ADD a int", Object: "orders", Group: 1},
		plan.Step{SQL: "ALTER TABLE orders ADD b int", Object: "orders", Group: 1}))
	if done := d.statements(); len(done) != 3 {
		t.Errorf("the history has %+v", done)
	}
	if timeout := d.setting("lock_timeout"); timeout != "0" {
		t.Errorf("lock_timeout is left at %s", timeout)
	}
}

func (d *database) setting(name string) (v string) {
	d.t.Helper()
	must(d.t, d.conn.QueryRow(d.t.Context(), "SHOW "+name).Scan(&v))
	return v
}

// A statement that waits for somebody's transaction says so, lets others pass, and goes on
// when it ends.
func TestBlocked(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	blocker, other := d.connect("report"), d.connect("")
	d.exec(blocker, "BEGIN")
	d.exec(blocker, "SELECT count(*) FROM orders WHERE note = '"+secret+"' OR id = 4711")
	done := make(chan error, 1)
	go func() {
		done <- d.apply(apply.Options{}, plan.Step{SQL: "ALTER TABLE orders ADD a int", Object: "orders"})
	}()
	d.wait(`SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass)`)
	for passed := 0; passed < 10 || !strings.Contains(d.log.String(), "(report, "); passed++ {
		d.exec(other, "INSERT INTO orders (note) SELECT count(*)::text FROM orders WHERE id < 10")
	}
	d.exec(blocker, "COMMIT")
	must(t, <-done)
	d.logged("waiting for a lock on orders: pid ")
	d.logged("(report, switchyard, idle in transaction) has been in a transaction for ")
	d.logged("SELECT count(*) FROM orders WHERE note = ? OR id = ?")
	if s := d.statements()[0]; s.Waited == 0 || !strings.Contains(s.WaitedFor, "report") {
		t.Errorf("the history has %+v", s)
	}
}

func TestPatience(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	blocker := d.connect("report")
	d.exec(blocker, "BEGIN; SELECT FROM orders")
	for _, s := range []plan.Step{
		{SQL: "ALTER TABLE orders ADD a int", Object: "orders"},
		{SQL: "CREATE INDEX CONCURRENTLY orders_note ON orders (note)", Object: "orders_note", Way: plan.Alone, Undo: "DROP INDEX CONCURRENTLY IF EXISTS orders_note"},
	} {
		if s.Way == plan.Alone {
			d.exec(blocker, "LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")
		}
		err := d.apply(apply.Options{Patience: time.Second}, s)
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "(report, ") || !strings.Contains(err.Error(), "--cancel-blockers") {
			t.Errorf("%s: err = %v", s.SQL, err)
		}
	}
	d.exec(blocker, "COMMIT") // nobody has ended it
}

func TestCancel(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	idle, busy := d.connect("idle"), d.connect("busy")
	d.exec(idle, "BEGIN; SELECT FROM orders")
	cancelled := make(chan error, 1)
	go func() {
		_, err := busy.Exec(t.Context(), "SELECT pg_sleep(600) FROM orders LIMIT 1")
		cancelled <- err
	}()
	d.wait(`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'busy' AND wait_event = 'PgSleep')`)
	must(t, d.apply(apply.Options{Cancel: true}, plan.Step{SQL: "ALTER TABLE orders ADD a int", Object: "orders"}))
	if err := <-cancelled; err == nil || !strings.Contains(err.Error(), "57014") {
		t.Errorf("what was in the way ended with %v", err)
	}
	if busy.IsClosed() {
		t.Error("the connection of a statement was ended")
	}
	d.logged("cancelled what it runs: pid ")
	d.logged("ended its connection: pid ")
	if s := d.statements()[0]; !strings.Contains(s.WaitedFor, "ended its connection of pid") {
		t.Errorf("the history has %+v", s)
	}
}

// When the context ends, the server stops, and the connection can still be used.
func TestStopped(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- apply.Run(ctx, d.conn, []plan.Step{{SQL: "UPDATE orders SET note = pg_sleep(600)::text", Object: "orders"}}, apply.Options{Record: d.run})
	}()
	d.wait(`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'UPDATE%' AND wait_event = 'PgSleep')`)
	stop()
	if err := <-done; err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("err = %v", err)
	}
	if timeout := d.setting("lock_timeout"); timeout != "0" {
		t.Errorf("lock_timeout is left at %s", timeout)
	}
}
