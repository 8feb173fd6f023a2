package db_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchyard/internal/stack/stacktest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// pooler returns the URL of the database through a pooler of this test's own.
func pooler(t *testing.T, database config.Secret, mode string) config.Secret {
	t.Helper()
	return config.Secret(stacktest.Pooler(t, database.Reveal(), mode))
}

func TestDirectIsPooled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, mode string
		edit       func(c *config.Database, pooled config.Secret)
		want       string // the variable to blame; "" for none
	}{
		{"no unpooled URL", "transaction", func(c *config.Database, pooled config.Secret) { c.URL = pooled }, "DATABASE_URL"},
		{"the wrong unpooled URL", "transaction", func(c *config.Database, pooled config.Secret) { c.UnpooledURL = pooled }, "DATABASE_UNPOOLED_URL"},
		{"by the statement", "statement", func(c *config.Database, pooled config.Secret) { c.URL = pooled }, "DATABASE_URL"},
		{"by the session", "session", func(c *config.Database, pooled config.Secret) { c.URL = pooled }, ""},
		{"as it should be", "transaction", func(c *config.Database, pooled config.Secret) { c.URL, c.UnpooledURL = pooled, c.URL }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, func(c *config.Database) { tt.edit(c, pooler(t, c.URL, tt.mode)) })
			for range 2 {
				err := d.CheckDirect(t.Context())
				conn, direct := d.Direct(t.Context())
				if conn != nil {
					_ = conn.Close(t.Context())
				}
				if tt.want == "" {
					if err != nil || direct != nil {
						t.Fatalf("got %v and %v, want none to be in the way", err, direct)
					}
					continue
				}
				for _, err := range []error{err, direct} {
					if err == nil || fault.Is(err, fault.Unavailable) || !strings.HasPrefix(err.Error(), tt.want+" leads to a connection pooler") {
						t.Errorf("got %v, want an error that names %s", err, tt.want)
					}
				}
			}
		})
	}
}

// A database that knows no such user or password answers: the error names the variable.
func TestDirectIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user *url.Userinfo
		own  bool // the URL without a pooler is another
		want string
	}{
		"password":     {url.UserPassword("postgres", "geheim"), false, "DATABASE_URL"},
		"user":         {url.UserPassword("nobody", "geheim"), false, "DATABASE_URL"},
		"unpooled URL": {url.UserPassword("nobody", "geheim"), true, "DATABASE_UNPOOLED_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, func(c *config.Database) {
				u, err := url.Parse(c.URL.Reveal())
				if err != nil {
					t.Fatal(err)
				}
				u.User = tt.user
				if c.UnpooledURL = config.Secret(u.String()); !tt.own {
					c.URL, c.UnpooledURL = c.UnpooledURL, ""
				}
			})
			_, direct := d.Direct(t.Context())
			for _, err := range []error{d.CheckDirect(t.Context()), direct} {
				if !fault.Is(err, fault.Internal) || fault.Of(err).Message != "The database refuses the user or password of "+tt.want+"." {
					t.Errorf("got %v, want an error that names %s", err, tt.want)
				}
				if strings.Contains(err.Error(), "geheim") {
					t.Errorf("the error shows the password: %v", err)
				}
			}
		})
	}
}

// A server that accepts and says nothing holds up who asks, but nobody for longer than its context.
func TestDirectIsSilent(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret("postgres://" + silent.Addr().String() + "/x?sslmode=disable&connect_timeout=3600")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	asking, stop := context.WithCancel(t.Context())
	defer stop()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		_ = d.CheckDirect(asking)
	}()
	if conn, err := silent.Accept(); err == nil { // now it asks
		defer conn.Close()
	}
	ended, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := d.CheckDirect(ended); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	select {
	case <-asked:
		t.Error("it waited for the first")
	default:
	}
	stop()
	<-asked
}

// TestPooled uses the database through a real pooler, many at once.
func TestPooled(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.URL, c.UnpooledURL = pooler(t, c.URL, "transaction"), c.URL })
	if _, err := d.Exec(t.Context(), `CREATE TABLE note (n int)`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	const clients = 20
	for range clients {
		go func() {
			var n int
			var errs []error
			for i := range 50 {
				errs = append(errs, d.QueryRow(t.Context(), `INSERT INTO note VALUES ($1) RETURNING n`, i).Scan(&n))
				_, err := d.Exec(t.Context(), `UPDATE note SET n = n WHERE n = $1 AND false`, i)
				errs = append(errs, err)
			}
			done <- errors.Join(errs...)
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := d.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
