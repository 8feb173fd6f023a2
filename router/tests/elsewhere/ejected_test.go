package elsewhere_test

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
	"switchyard/router/internal/function"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

// TestEjected sends calls to functions that are Lambdas behind the router, through each
// of the gateways that AWS has.
func TestEjected(t *testing.T) {
	t.Parallel()
	if routertest.OnLambda() {
		t.Skip("it needs a router that runs all the time")
	}
	behind := packaged(t, "api/keys/create", "api/keys/revoke", "api/keys/self")
	for _, u := range behind.plan.Units {
		if slices.ContainsFunc(u.Vars, func(v service.Use) bool { return v.Name == "BETTER_AUTH_SECRET" }) {
			t.Errorf("%s needs what admits callers", u.Name)
		}
	}
	for _, kind := range emulate.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			env := append(routertest.Environment(t, ""), remoteKey)
			var remote []string
			for _, u := range behind.plan.Units {
				remote = append(remote, u.Functions[0].Name+"="+behind.start(t, u, append(routertest.Only(env, u.Vars), streams(kind)), kind))
			}
			user := routertest.Start(t, catalog.Program(), append(env, "SWITCHYARD_REMOTE="+strings.Join(remote, ","))).SignUp()
			key := user.MakeKey("é & 50%")
			if key.Name != "é & 50%" {
				t.Errorf("it is called %q", key.Name)
			}
			if status := user.Call("DELETE", "/api/keys/"+key.ID, nil, nil); status != http.StatusNoContent || len(user.Keys()) != 0 {
				t.Errorf("revoke: %d", status)
			}
			var problem struct{ Errors []struct{ Location string } }
			query := "?z=%2F+%26&z%2F=1&a=%C3%A9&empty="
			if status := user.Call("DELETE", "/api/keys/"+url.PathEscape("b é+&")+query, nil, &problem); status != http.StatusUnprocessableEntity || len(problem.Errors) != 5 {
				t.Errorf("revoke what cannot be: %d %+v", status, problem)
			}
			asksWithKey(user)
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
	plan plan.Plan
	log  *routertest.Output
}

// packaged packages the functions of these names, for a router to call.
func packaged(t *testing.T, names ...string) ejected {
	t.Helper()
	p := catalog.Program()
	some := slices.DeleteFunc(slices.Clone(p.Functions), func(f function.Function) bool { return !slices.Contains(names, f.Name) })
	e := ejected{dir: t.TempDir(), log: &routertest.Output{}}
	var err error
	e.plan, err = pack.Build(t.Context(), pack.Options{
		Root: routertest.Root(t), Out: e.dir, All: p.Functions, Progress: os.Stderr,
		Options: plan.Options{
			Functions: some, Target: plan.Lambda, Arch: runtime.GOARCH, Front: plan.URL,
			Behind: true, Caller: service.NewEnv[config.Caller](),
			Needs: func(some []function.Function) (*service.Set, error) { return routertest.Needs(p, some) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range e.plan.Units {
		routertest.Unpack(t, e.dir, u)
	}
	return e
}

// start starts a Lambda and returns the URL of the gateway before it.
func (e ejected) start(t *testing.T, u plan.Unit, env []string, kind emulate.Kind) string {
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
