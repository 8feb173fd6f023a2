package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchyard/bench/router"
	"switchyard/internal/stack"
	"switchyard/shared/auth"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/live"
)

// deployment is a database with the router's tables, and a process that serves streams of it.
type deployment struct {
	dir      string
	url      string
	postgres *stack.Postgres
	remove   func() error
	db       *db.DB
	server   *exec.Cmd
	address  string
	program  string   // the router
	router   string   // where one listens
	env      []string // of it
}

func open(ctx context.Context) (*deployment, error) {
	dir, remove, err := stack.TempDir()
	if err != nil {
		return nil, err
	}
	d := &deployment{dir: dir, remove: remove, program: filepath.Join(dir, "router")}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *deployment) start(ctx context.Context) error {
	if err := router.Build(ctx, d.program); err != nil {
		return err
	}
	var err error
	d.postgres, err = stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{Dir: d.dir}, Durable: true})
	if err != nil {
		return err
	}
	if d.url, err = d.postgres.CreateDatabase(ctx, "bench"); err != nil {
		return err
	}
	port, err := stack.FreePort()
	if err != nil {
		return err
	}
	d.router = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	d.env = router.Environment(d.dir, d.url, d.router)
	if err := router.Migrate(ctx, d.program, d.env); err != nil {
		return err
	}
	if d.db, err = db.Open(ctx, config.Database{URL: config.Secret(d.url), MaxConns: 40}); err != nil {
		return err
	}
	itself, err := os.Executable()
	if err != nil {
		return err
	}
	d.server = exec.CommandContext(ctx, itself, "-serve", d.url)
	d.server.Stderr = os.Stderr
	out, err := d.server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := d.server.Start(); err != nil {
		return err
	}
	d.address, err = bufio.NewReader(out).ReadString('\n')
	d.address = strings.TrimSpace(d.address)
	return err
}

func (d *deployment) close() error {
	var errs []error
	if d.server != nil && d.server.Process != nil {
		_ = d.server.Process.Kill()
		_ = d.server.Wait() // it was killed
	}
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	if d.postgres != nil {
		errs = append(errs, d.postgres.Stop())
	}
	return errors.Join(append(errs, d.remove())...)
}

// serve serves the stream of the user whom the path names, "/ada", and prints its address.
func serve(ctx context.Context, url string) error {
	d, err := db.Open(ctx, config.Database{URL: config.Secret(url)})
	if err != nil {
		return err
	}
	hub, err := live.Open(ctx, d)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr()) //nolint:forbidigo // to who started it
	go func() { _ = hub.Run(ctx, slog.Default()) }()
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Path[1:]
		hub.ServeEvents(w, r.WithContext(auth.With(r.Context(), auth.User{ID: id}, auth.Session{})), live.User(id), "room:1")
	})}
	return s.Serve(l)
}
