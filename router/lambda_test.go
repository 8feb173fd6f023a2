package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/router/catalog"
	"switchyard/router/internal/emulate"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/parity"
	"switchyard/router/internal/service"
)

// onLambda has the tests of the file desk run against functions that are a Lambda each:
// `make lambda`.
var onLambda = flag.Bool("lambda", false, "run the file desk as one Lambda for each function") //nolint:gochecknoglobals // a flag

// packages are all functions, packaged once for all tests.
type packages struct {
	once sync.Once
	dir  string
	plan pack.Plan
	err  error
	mu   sync.Mutex // while one is unpacked
}

// lambdas is what TestMain removes at the end.
var lambdas packages //nolint:gochecknoglobals // built once for all tests

func (p *packages) build(t *testing.T) {
	t.Helper()
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "switchyard-lambda-"); p.err != nil {
			return
		}
		all := catalog.Functions()
		p.plan, p.err = pack.Build(context.WithoutCancel(t.Context()), pack.Options{
			Root: "..", Out: p.dir, Functions: all, All: all,
			Target: pack.Lambda, Arch: runtime.GOARCH, Front: pack.HTTPAPI,
			Needs:    needsOf(all),
			Progress: os.Stderr,
		})
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
}

// bootstrap unpacks the program of a unit, once, and returns its name.
func (p *packages) bootstrap(t *testing.T, u pack.Unit) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	dir := filepath.Join(p.dir, u.Name)
	if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return filepath.Join(dir, "bootstrap")
	} else if err != nil {
		t.Fatal(err)
	}
	program, err := parity.Unzip(filepath.Join(p.dir, u.Zip), dir)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// startLambdas serves the file desk as AWS would: a Lambda for each function, each
// with the variables that its package asks for and no others, an HTTP API before those
// that have a route, and a URL for each job.
func startLambdas(t *testing.T, env []string) *desk {
	t.Helper()
	lambdas.build(t)
	d := &desk{t: t, env: env, log: &buffer{}}
	host, port := valueOf(env, "HOST"), valueOf(env, "PORT")
	d.url = "http://" + net.JoinHostPort(host, port)
	api, remote := http.NewServeMux(), []string{}
	for _, u := range lambdas.plan.Units {
		l, err := emulate.Start(context.WithoutCancel(t.Context()), emulate.Options{
			Bootstrap: lambdas.bootstrap(t, u), Env: only(env, u.Vars), Name: u.Name, Timeout: u.Timeout, Memory: u.Memory,
			Freeze: true, Log: d.log,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := l.Stop(); err != nil {
				t.Errorf("%s: %v", u.Name, err)
			}
		})
		for _, route := range u.Routes() {
			api.Handle(route, l.Front(emulate.HTTPAPI))
		}
		if u.Jobs() {
			api.Handle("/url/"+u.Name+"/", http.StripPrefix("/url/"+u.Name, l.Front(emulate.FunctionURL)))
			remote = append(remote, u.Functions[0].Name+"="+d.url+"/url/"+u.Name)
		}
		if u.Sweeps && valueOf(env, "INNGEST_DEV") != nowhere {
			every(t, time.Second, func(ctx context.Context) {
				if r, err := l.Invoke(ctx, []byte(`{"switchyard":"sweep"}`)); ctx.Err() == nil && (err != nil || r.Error != nil) {
					t.Errorf("sweep: %v, %v", err, r.Error)
				}
			})
		}
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	if valueOf(env, "INNGEST_DEV") != nowhere {
		register := append(slices.Clone(env), "SWITCHYARD_REMOTE="+strings.Join(remote, ","))
		if status := run(t.Context(), []string{"register"}, register, d.log, d.log); status != exitOK {
			t.Fatalf("register: status %d:\n%s", status, d.log)
		}
	}
	return d
}

// only returns what env has of the variables.
func only(env []string, variables []service.Use) []string {
	var some []string
	for _, v := range variables {
		for _, name := range append([]string{v.Name}, v.Also...) {
			if value := valueOf(env, name); value != "" {
				some = append(some, name+"="+value)
			}
		}
	}
	return some
}

func valueOf(env []string, name string) string { return (&program{environ: env}).getenv(name) }

// every calls do again and again until the test ends.
func every(t *testing.T, interval time.Duration, do func(context.Context)) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(interval); ; {
			select {
			case <-tick.C:
				do(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
}

// TestThaw has a database that forgets its clients while they are frozen.
func TestThaw(t *testing.T) {
	if !*onLambda {
		t.Skip("it is about Lambda: run it with -lambda")
	}
	t.Parallel()
	d := startDesk(t, environment(t, "")).signUp()
	for range 3 {
		time.Sleep(1100 * time.Millisecond) // less, and a connection is trusted
		if status := d.call("GET", "/api/files", nil, nil); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		conn, err := pgx.Connect(t.Context(), valueOf(d.env, "DATABASE_URL"))
		if err != nil {
			t.Fatal(err)
		}
		var cut int
		err = conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&cut)
		if err := errors.Join(err, conn.Close(t.Context())); err != nil || cut == 0 {
			t.Fatalf("%d connections cut: %v", cut, err)
		}
	}
}
