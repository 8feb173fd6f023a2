package db_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// server is one database, as its operator sees it.
type server struct {
	t    *testing.T
	conn *pgx.Conn
	name string
}

// operate returns the operator of d's database.
func operate(t *testing.T, d *db.DB) *server {
	t.Helper()
	u, err := url.Parse(d.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, name: u.Path[1:]}
	u.Path = "/postgres"
	if s.conn, err = pgx.Connect(t.Context(), u.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close(context.WithoutCancel(t.Context())) })
	return s
}

func (s *server) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.conn.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// demote does what a failover does to the old primary: it takes no more writes, and its
// connections end.
func (s *server) demote() {
	s.t.Helper()
	s.exec(`ALTER DATABASE ` + s.name + ` SET default_transaction_read_only = on`)
	s.cut()
}

func (s *server) promote() {
	s.t.Helper()
	s.exec(`ALTER DATABASE ` + s.name + ` RESET default_transaction_read_only`)
}

// cut ends all connections to the database.
func (s *server) cut() {
	s.t.Helper()
	s.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, s.name)
}

// fill has the pool hold n idle connections.
func fill(t *testing.T, d *db.DB, n int) {
	t.Helper()
	for range n {
		c, err := d.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
	}
}

func writes(t *testing.T, d *db.DB) map[string]error {
	t.Helper()
	var n int
	_, exec := d.Exec(t.Context(), `INSERT INTO note VALUES (1)`)
	return map[string]error{
		"Exec":     exec,
		"QueryRow": d.QueryRow(t.Context(), `INSERT INTO note VALUES (2) RETURNING n`).Scan(&n),
		"InTx": d.InTx(t.Context(), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO note VALUES (3)`)
			return err
		}),
		"Ready": d.Ready(t.Context()),
	}
}

// TestFailover has the database take no writes for a while, over connections that were
// opened meanwhile too, as after the failover of a cluster: cloudnative-pg issue 1254.
func TestFailover(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(*config.Database){
		"PostgreSQL says so": nil,
		"behind a pooler":    func(c *config.Database) { c.UnpooledURL = with(t, c.URL, "application_name", "direct") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, url)
			if _, err := d.Exec(t.Context(), `CREATE TABLE note (n int)`); err != nil {
				t.Fatal(err)
			}
			s := operate(t, d)
			fill(t, d, 5)
			s.demote()
			for range 3 {
				for call, err := range writes(t, d) {
					if !fault.Is(err, fault.Unavailable) {
						t.Errorf("while nothing can be written: %s: got %v, want fault.Unavailable", call, err)
					}
				}
			}
			s.promote()
			for range 3 {
				for call, err := range writes(t, d) {
					if err != nil {
						t.Errorf("afterwards: %s: %v", call, err)
					}
				}
			}
		})
	}
}

// TestSessionsTurnReadOnly has sessions that were opened to write read only.
func TestSessionsTurnReadOnly(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.MaxConns = 1 })
	if _, err := d.Exec(t.Context(), `CREATE TABLE note (n int)`); err != nil {
		t.Fatal(err)
	}
	turn := func() {
		t.Helper()
		if _, err := d.Exec(t.Context(), `SET default_transaction_read_only = on`); err != nil {
			t.Fatal(err)
		}
	}
	for call, write := range map[string]func() error{
		"Exec":  func() error { _, err := d.Exec(t.Context(), `INSERT INTO note VALUES (1)`); return err },
		"Ready": func() error { return d.Ready(t.Context()) },
		"InTx": func() error {
			return d.InTx(t.Context(), func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), `INSERT INTO note VALUES (3)`)
				return err
			})
		},
	} {
		turn()
		if err := write(); err != nil {
			t.Errorf("%s: got %v, want a new connection", call, err)
		}
	}
}

// TestConnectionsWereCut has a transaction begin over a connection that was used just
// now, and has ended since.
func TestConnectionsWereCut(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	s := operate(t, d)
	fill(t, d, 5)
	s.cut()
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return tx.Conn().Ping(t.Context()) }); err != nil {
		t.Errorf("got %v, want a new connection", err)
	}
	eventually(t, "the pool has the new connection alone", func() bool { return d.Stat().TotalConns() == 1 })
}

// TestOwnReadOnlyTransaction has a function write in a transaction that it has begun to
// read: its mistake, which costs no connection.
func TestOwnReadOnlyTransaction(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	if _, err := d.Exec(t.Context(), `CREATE TABLE note (n int)`); err != nil {
		t.Fatal(err)
	}
	fill(t, d, 3)
	var refused *pgconn.PgError
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SET TRANSACTION READ ONLY`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO note VALUES (1)`)
		return err
	})
	if !errors.As(err, &refused) || fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want PostgreSQL's own error", err)
	}
	if n := d.Stat().TotalConns(); n != 3 {
		t.Errorf("the pool has %d connections, want the 3 that it had", n)
	}
}

// TestStandbyWillDo has a URL that asks for a server that only reads.
func TestStandbyWillDo(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.URL = with(t, c.URL, "target_session_attrs", "any") })
	operate(t, d).demote()
	var n int
	if err := errors.Join(d.Ready(t.Context()), d.QueryRow(t.Context(), `SELECT 1`).Scan(&n)); err != nil {
		t.Errorf("got %v, want it to read", err)
	}
}
