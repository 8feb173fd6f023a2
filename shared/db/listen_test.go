package db_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/stack"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// The connection that listens comes back by itself with the database.
func TestListen(t *testing.T) {
	t.Parallel()
	o := stack.PostgresOptions{Options: stack.Options{Dir: filepath.Join(t.TempDir(), "pg")}, Durable: true}
	pg := startPostgres(t, &o)
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(pg.URL)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	listening, heard, failed, ended := make(chan struct{}, 1), make(chan string, 8), make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		d.Listen(ctx, "news", func(ctx context.Context, conn *pgx.Conn) error {
			listening <- struct{}{}
			for {
				n, err := conn.WaitForNotification(ctx)
				if err != nil {
					return err
				}
				heard <- n.Payload
			}
		}, func(err error) {
			select {
			case failed <- err:
			default: // it goes on failing
			}
		})
	}()
	tell := func(what string) {
		t.Helper()
		<-listening
		for {
			if _, err = d.Exec(t.Context(), `SELECT pg_notify('news', $1)`, what); !fault.Is(err, fault.Unavailable) {
				break // the pool may still have had a broken connection
			}
			time.Sleep(time.Millisecond)
		}
		if got := <-heard; err != nil || got != what {
			t.Errorf("got %q, %v, want %q", got, err, what)
		}
	}
	tell("before")
	if err := pg.Stop(); err != nil {
		t.Fatal(err)
	}
	if <-failed == nil {
		t.Error("it failed without an error")
	}
	startPostgres(t, &o)
	tell("after")
	cancel()
	<-ended
}

// startPostgres starts a server that the test may stop, on the same port each time.
func startPostgres(t *testing.T, o *stack.PostgresOptions) *stack.Postgres {
	t.Helper()
	pg, err := stack.StartPostgres(t.Context(), *o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop() })
	c, err := pgx.ParseConfig(pg.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Port = int(c.Port)
	return pg
}
