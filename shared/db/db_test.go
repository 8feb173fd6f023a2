package db_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/project"
	"switchyard/internal/stack"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open opens a pool on an empty database; edit may change its configuration.
func open(t *testing.T, edit func(*config.Database)) *db.DB {
	t.Helper()
	c := config.Database{URL: config.Secret(dbtest.Empty(t))}
	if edit != nil {
		edit(&c)
	}
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// with returns the URL s with a parameter more.
func with(t *testing.T, s config.Secret, key, value string) config.Secret {
	t.Helper()
	u, err := url.Parse(s.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return config.Secret(u.String())
}

// deaf returns the URL of a server that takes connections and says nothing.
func deaf(t *testing.T) config.Secret {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return config.Secret("postgres://somebody:geheim@" + l.Addr().String() + "/x?sslmode=disable")
}

// closed returns the URL of a port that nobody listens on.
func closed(t *testing.T) config.Secret {
	t.Helper()
	port, err := stack.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return config.Secret(fmt.Sprintf("postgres://somebody:geheim@127.0.0.1:%d/x?sslmode=disable", port))
}

func TestDefaultsAndOverrides(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	var name, timeout string
	if err := d.QueryRow(t.Context(), `SELECT current_setting('application_name'), current_setting('statement_timeout')`).Scan(&name, &timeout); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{project.Name(), "0", int32(10), int32(0)},
		[]any{name, timeout, d.Config().MaxConns, d.Config().MinConns}); diff != "" {
		t.Error(diff)
	}

	d = open(t, func(c *config.Database) {
		c.URL = with(t, with(t, c.URL, "pool_max_conns", "3"), "application_name", "mine")
	})
	if err := d.QueryRow(t.Context(), `SELECT current_setting('application_name')`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	if name != "mine" || d.Config().MaxConns != 3 {
		t.Errorf("got %q and %d connections, want what the URL says", name, d.Config().MaxConns)
	}
}

func TestNoNamedStatementsBehindAPooler(t *testing.T) {
	t.Parallel()
	prepared := func(edit func(*config.Database)) (n int) {
		d := open(t, edit)
		for range 3 { // over one connection: nothing else uses the pool
			if err := d.QueryRow(t.Context(), `SELECT count(*) FROM pg_prepared_statements WHERE name <> ''`).Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	if n := prepared(nil); n == 0 {
		t.Error("without a pooler no statement is prepared; want them to be")
	}
	n := prepared(func(c *config.Database) { c.UnpooledURL = with(t, c.URL, "application_name", "direct") })
	if n != 0 {
		t.Errorf("behind a pooler %d statements are prepared by name, want none", n)
	}
}

func TestDirectUsesTheUnpooledURL(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) {
		c.UnpooledURL = with(t, with(t, c.URL, "application_name", "direct"), "pool_max_conns", "2")
	})
	conn, err := d.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var got string
	if err := conn.QueryRow(t.Context(), `SELECT current_setting('application_name')`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != "direct" {
		t.Errorf("got application %q, want the one of the unpooled URL", got)
	}
}

func TestServerDown(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]config.Secret{"refused": closed(t), "deaf": deaf(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := db.Open(t.Context(), config.Database{URL: u})
			if err != nil {
				t.Fatalf("Open: %v; want it to work while the server is down", err)
			}
			defer func() { _ = d.Close() }()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, direct := d.Direct(ctx)
			for call, err := range map[string]error{
				"Ready":  d.Ready(ctx),
				"InTx":   d.InTx(ctx, func(pgx.Tx) error { return nil }),
				"Direct": direct,
				"Check":  d.CheckDirect(ctx),
			} {
				if !fault.Is(err, fault.Unavailable) || fault.Of(err).Message != "The database does not answer." {
					t.Errorf("%s: got %v, want fault.Unavailable", call, err)
				}
				if strings.Count(err.Error(), "does not answer") != 1 {
					t.Errorf("%s: says it more than once: %v", call, err)
				}
				if strings.Contains(err.Error(), "geheim") {
					t.Errorf("%s: the error shows the password: %v", call, err)
				}
			}
		})
	}
	t.Run("pool methods", func(t *testing.T) {
		t.Parallel()
		d, err := db.Open(t.Context(), config.Database{URL: closed(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		var n int
		_, exec := d.Exec(t.Context(), `SELECT 1`)
		rows, query := d.Query(t.Context(), `SELECT 1`)
		for call, err := range map[string]error{
			"Exec": exec, "Query": query, "Rows": rows.Err(), "QueryRow": d.QueryRow(t.Context(), `SELECT 1`).Scan(&n),
		} {
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: got %v, want fault.Unavailable", call, err)
			}
		}
	})
}

func TestMalformedURLStaysSecret(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"postgres://me:geheim@localhost:port/x",
		"postgres://me:geheim@localhost/x?sslmode=perhaps",
		"postgres://me:ge%zzheim@localhost/x",
		"postgres://me:geheim@localhost/x?pool_max_conns=many",
		"postgres://me:geheim@localhost/x?password=geheim&connect_timeout=soon",
	} {
		_, err := db.Open(t.Context(), config.Database{URL: config.Secret(u)})
		if err == nil || !strings.Contains(err.Error(), "DATABASE_URL is malformed") || strings.Contains(err.Error(), "heim") {
			t.Errorf("%s: got %v, want an error that names DATABASE_URL and shows no password", u, err)
		}
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	if _, err := d.Exec(t.Context(), `CREATE TABLE note (id int PRIMARY KEY, other int REFERENCES note DEFERRABLE INITIALLY DEFERRED)`); err != nil {
		t.Fatal(err)
	}
	insert := func(tx pgx.Tx, id int, other any) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO note VALUES ($1, $2)`, id, other)
		return err
	}
	wrong := errors.New("wrong")

	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return insert(tx, 1, nil) }); err != nil {
		t.Errorf("commit: %v", err)
	}
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return errors.Join(insert(tx, 2, nil), wrong) }); !errors.Is(err, wrong) {
		t.Errorf("error: got %v, want the function's", err)
	}
	func() {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("panic: got %v, want the function's", p)
			}
		}()
		_ = d.InTx(t.Context(), func(tx pgx.Tx) error {
			_ = insert(tx, 3, nil)
			panic("oops")
		})
	}()
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return insert(tx, 4, 99) }); err == nil || !strings.HasPrefix(err.Error(), "commit: ") {
		t.Errorf("deferred constraint: got %v, want an error from the commit", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := d.InTx(ctx, func(tx pgx.Tx) error {
		defer cancel()
		return insert(tx, 5, nil)
	})
	if !errors.Is(err, context.Canceled) || fault.Is(err, fault.Unavailable) {
		t.Errorf("canceled: got %v, want the context's error", err)
	}

	rows, err := d.Query(t.Context(), `SELECT id FROM note`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if diff := cmp.Diff([]int{1}, got); err != nil || diff != "" {
		t.Errorf("rows after all: %v %s", err, diff)
	}
	eventually(t, "no connection is in use", func() bool { return d.Stat().AcquiredConns() == 0 })
}

func TestConnectionBreaksInTx(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := d.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, tx.Conn().PgConn().PID()); err != nil {
			t.Fatal(err)
		}
		_, err := tx.Exec(t.Context(), `SELECT 1`)
		return err
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want fault.Unavailable", err)
	}
	if err := d.Ready(t.Context()); err != nil {
		t.Errorf("afterwards: %v, want a new connection", err)
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What PostgreSQL cannot hold is the fault of who sent it, whichever way it goes there.
func TestValuesThatCannotBeHeld(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_statement", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			testValuesThatCannotBeHeld(t, open(t, func(c *config.Database) { c.URL = with(t, c.URL, "default_query_exec_mode", mode) }))
		})
	}
}

func testValuesThatCannotBeHeld(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := d.Exec(t.Context(), `CREATE TABLE thing (name text UNIQUE, short varchar(3), n int4, at timestamptz, data jsonb)`); err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 900_000)
	_, _ = rand.Read(random)
	for name, tt := range map[string]struct {
		sql   string
		value any
	}{
		"a zero byte":              {`INSERT INTO thing (name) VALUES ($1) RETURNING n`, "a\x00"},
		"a zero byte, looked for":  {`SELECT n FROM thing WHERE name = $1`, "a\x00"},
		"not UTF-8":                {`INSERT INTO thing (name) VALUES ($1) RETURNING n`, "\xff"},
		"no room in an index":      {`INSERT INTO thing (name) VALUES ($1) RETURNING n`, hex.EncodeToString(random)},
		"too long":                 {`INSERT INTO thing (short) VALUES ($1) RETURNING n`, "abcd"},
		"out of range":             {`INSERT INTO thing (n) VALUES ($1) RETURNING n`, int64(1) << 40},
		"below the range":          {`INSERT INTO thing (n) VALUES ($1) RETURNING n`, -(int64(1) << 40)},
		"out of range, calculated": {`SELECT ($1::int8 * 1000000000000)::int4`, int64(5)},
		"a date that is none":      {`SELECT $1::text::timestamptz IS NULL`, "2026-02-31"},
		"a zero byte in JSON":      {`INSERT INTO thing (data) VALUES ($1) RETURNING n`, json.RawMessage(`{"a":"\u0000"}`)},
		"not of the form":          {`SELECT $1::text::uuid IS NULL`, "x"},
	} {
		_, errs := d.Exec(t.Context(), tt.sql, tt.value)
		inTx := d.InTx(t.Context(), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), tt.sql, tt.value)
			if err != nil {
				return fmt.Errorf("write: %w", err)
			}
			return nil
		})
		var n any
		for how, err := range map[string]error{"Exec": errs, "InTx": inTx, "QueryRow": d.QueryRow(t.Context(), tt.sql, tt.value).Scan(&n)} {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s, %s: %v, want fault.Invalid", name, how, err)
			}
		}
	}
	if _, err := d.Exec(t.Context(), `SELECT 1/0`); err == nil || fault.Is(err, fault.Invalid) {
		t.Errorf("a division by zero: %v, which is our fault", err)
	}
}
