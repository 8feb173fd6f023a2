package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/emulate"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

// TestEjected sends calls to functions that are Lambdas behind the router, through each
// of the gateways that AWS has.
func TestEjected(t *testing.T) {
	t.Parallel()
	if *onLambda {
		t.Skip("it needs a router that runs all the time")
	}
	behind := packaged(t, "api/files/create", "api/files/get", "api/keys/self")
	for _, u := range behind.plan.Units {
		if slices.ContainsFunc(u.Vars, func(v service.Use) bool { return strings.HasPrefix(v.Name, "BETTER_AUTH_") }) {
			t.Errorf("%s needs what admits callers", u.Name)
		}
	}
	for _, kind := range emulate.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			env := append(environment(t, ""), remoteKey)
			var remote []string
			for _, u := range behind.plan.Units {
				remote = append(remote, u.Functions[0].Name+"="+behind.start(t, u, append(only(env, u.Vars), streams(kind)), kind))
			}
			d := startDesk(t, append(env, "SWITCHYARD_REMOTE="+strings.Join(remote, ","))).signUp()
			f, _ := d.register("é & 50%.txt", 3, "text/plain")
			var got file
			if status := d.call("GET", "/api/files/"+f.ID, nil, &got); status != http.StatusOK || got.Name != f.Name {
				t.Errorf("get: %d %+v", status, got)
			}
			var problem struct{ Errors []struct{ Location string } }
			query := "?z=%2F+%26&z%2F=1&a=%C3%A9&empty="
			if status := d.call("GET", "/api/files/"+url.PathEscape("b é+&")+query, nil, &problem); status != http.StatusUnprocessableEntity || len(problem.Errors) != 5 {
				t.Errorf("get what cannot be: %d %+v", status, problem)
			}
			d.asksWithKey()
		})
	}
}

// streams returns the variable that says whether the gateway streams.
func streams(kind emulate.Kind) string {
	if kind.Streams() {
		return "LAMBDA_RESPONSE_STREAM=on"
	}
	return "LAMBDA_RESPONSE_STREAM=off"
}

// ejected are functions that were packaged behind a router.
type ejected struct {
	dir  string
	plan pack.Plan
	log  *buffer
}

func packaged(t *testing.T, patterns ...string) ejected {
	t.Helper()
	all := catalog.Functions()
	some, err := selection{Only: patterns}.of(all)
	if err != nil {
		t.Fatal(err)
	}
	e := ejected{dir: t.TempDir(), log: &buffer{}}
	e.plan, err = pack.Build(t.Context(), pack.Options{
		Root: "..", Out: e.dir, Functions: some, All: all,
		Target: pack.Lambda, Arch: runtime.GOARCH, Front: pack.URL, Behind: true, Caller: service.NewEnv[config.Caller](),
		Needs:    needsOf(all),
		Progress: os.Stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range e.plan.Units {
		(&packages{dir: e.dir}).bootstrap(t, u)
	}
	return e
}

// start starts a Lambda and returns the URL of the gateway before it.
func (e ejected) start(t *testing.T, u pack.Unit, env []string, kind emulate.Kind) string {
	t.Helper()
	l, err := emulate.Start(context.WithoutCancel(t.Context()), emulate.Options{
		Bootstrap: filepath.Join(e.dir, u.Name, "bootstrap"), Env: env, Name: u.Name, Timeout: u.Timeout, Memory: u.Memory, Log: e.log,
	})
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(l.Front(kind))
	t.Cleanup(func() {
		gateway.Close()
		if err := l.Stop(); err != nil {
			t.Errorf("%s: %v", u.Name, err)
		}
	})
	return gateway.URL
}
