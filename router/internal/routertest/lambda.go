package routertest

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

	"switchyard/router/catalog"
	"switchyard/router/cli"
	"switchyard/router/internal/app"
	"switchyard/router/internal/emulate"
	"switchyard/router/internal/function"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/parity"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
)

// onLambda has tests run against functions that are a Lambda each: see `make lambda`.
var onLambda = flag.Bool("lambda", false, "run each function as a Lambda of its own") //nolint:gochecknoglobals // a flag

// OnLambda reports whether the functions run as Lambdas.
func OnLambda() bool { return *onLambda }

// packages are all functions of a program, which are of the catalog, packaged once for all
// tests.
type packages struct {
	once sync.Once
	dir  string
	plan plan.Plan
	err  error
	mu   sync.Mutex // while one is unpacked
}

// lambdas are what Main removes at the end.
var lambdas packages //nolint:gochecknoglobals // built once for all tests

func (p *packages) build(t testing.TB, of program.Program) {
	t.Helper()
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "switchyard-lambda-"); p.err != nil {
			return
		}
		p.plan, p.err = pack.Build(context.WithoutCancel(t.Context()), pack.Options{
			Root: Root(t), Out: p.dir, All: catalog.Program().Functions, Progress: os.Stderr,
			Options: plan.Options{
				Functions: of.Functions, Target: plan.Lambda, Arch: runtime.GOARCH, Front: plan.HTTPAPI,
				Needs: func(some []function.Function) (*service.Set, error) { return Needs(of, some) },
			},
		})
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
}

// bootstrap unpacks the program of a unit, once, and returns its name.
func (p *packages) bootstrap(t testing.TB, u plan.Unit) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	return Unpack(t, p.dir, u)
}

// Unpack unpacks the program of a unit that was built into dir, unless that was done
// before, and returns its name.
func Unpack(t testing.TB, dir string, u plan.Unit) string {
	t.Helper()
	into := filepath.Join(dir, u.Name)
	if err := os.Mkdir(into, 0o700); errors.Is(err, fs.ErrExist) {
		return filepath.Join(into, "bootstrap")
	} else if err != nil {
		t.Fatal(err)
	}
	program, err := parity.Unzip(filepath.Join(dir, u.Zip), into)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// startLambdas serves a program as AWS would: a Lambda for each function, each
// with the variables that its package asks for and no others, an HTTP API before those
// that have a route, and a URL for each job.
func startLambdas(t testing.TB, of program.Program, env []string) *Router {
	t.Helper()
	lambdas.build(t, of)
	r := &Router{T: t, Env: env, Log: &Output{}}
	host, port := ValueOf(env, "HOST"), ValueOf(env, "PORT")
	r.URL = "http://" + net.JoinHostPort(host, port)
	api, remote := http.NewServeMux(), []string{}
	for _, u := range lambdas.plan.Units {
		l, err := emulate.Start(context.WithoutCancel(t.Context()), emulate.Options{
			Bootstrap: lambdas.bootstrap(t, u), Env: Only(env, u.Vars), Name: u.Name, Timeout: u.Timeout, Memory: u.Memory,
			Freeze: true, Log: r.Log,
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
			remote = append(remote, u.Functions[0].Name+"="+r.URL+"/url/"+u.Name)
		}
		if u.Sweeps && ValueOf(env, "INNGEST_DEV") != nowhere {
			every(t, time.Second, func(ctx context.Context) {
				if result, err := l.Invoke(ctx, []byte(`{"switchyard":"sweep"}`)); ctx.Err() == nil && (err != nil || result.Error != nil) {
					t.Errorf("sweep: %v, %v", err, result.Error)
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
	if ValueOf(env, "INNGEST_DEV") != nowhere {
		register := append(slices.Clone(env), "SWITCHYARD_REMOTE="+strings.Join(remote, ","))
		if status := cli.Run(t.Context(), of, []string{"register"}, register, r.Log, r.Log); status != 0 {
			t.Fatalf("register: status %d:\n%s", status, r.Log)
		}
	}
	return r
}

// Needs returns what a package of some functions of p needs, as `router package` asks.
func Needs(p program.Program, some []function.Function) (*service.Set, error) {
	a, err := app.New(p, some, app.Parts{})
	if err != nil {
		return nil, err
	}
	return a.Needs, nil
}

// Only returns what env has of the variables.
func Only(env []string, variables []service.Use) []string {
	var some []string
	for _, v := range variables {
		for _, name := range append([]string{v.Name}, v.Also...) {
			if value := ValueOf(env, name); value != "" {
				some = append(some, name+"="+value)
			}
		}
	}
	return some
}

// every calls do again and again until the test ends.
func every(t testing.TB, interval time.Duration, do func(context.Context)) {
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
