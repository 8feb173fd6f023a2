package isolation_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"switchyard/router/catalog"
	"switchyard/router/internal/function"
	"switchyard/router/internal/isolation"
	"switchyard/router/internal/isolation/neighbours"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// asRouter makes this binary a router: see package routertest.
const asRouter = "SWITCHYARD_TEST_AS_ROUTER=1"

// TestMain makes this binary a router with neighbours, too.
func TestMain(m *testing.M) {
	p := catalog.Program()
	p.Functions = own()
	routertest.Main(m, neighbours.Add(p))
}

// own are the functions of a project with a database.
func own() []function.Function {
	env := service.NewEnv[config.Database]()
	pool := service.New("db", func(ctx context.Context) (*db.DB, error) { return db.Open(ctx, env.Value) }, env)
	return []function.Function{{
		Name: "pages/own", Spec: fn.Page{Route: "GET /own", Access: fn.Public}, Needs: []service.Need{pool},
		Bind: func() any { return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) },
	}}
}

// TestRun runs some neighbours in a router whose functions are all of the framework.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		neighbour string
		mode      isolation.Mode
		alive     bool
		named     string
	}{
		{"none", isolation.InProcess, true, "-"},
		{"panic", isolation.InProcess, true, "warning, metrics"},
		{"goroutine-panic", isolation.InProcess, false, "trace"},
		{"exit", isolation.Apart, true, "warning, metrics"},
	} {
		t.Run(tt.neighbour+" "+string(tt.mode), func(t *testing.T) {
			t.Parallel()
			const rate = 20
			as := func(bad time.Duration) (r isolation.Result, wanted bool) {
				all, err := isolation.Run(t.Context(), isolation.Options{
					Program: os.Args[0],
					Env:     []string{asRouter, "DATABASE_URL=" + dbtest.URL(t)},
					Paths:   append(isolation.Paths(own()), "/not/there"),
					Neighbours: slices.DeleteFunc(isolation.Neighbours(), func(n isolation.Neighbour) bool {
						return n.Name != tt.neighbour
					}),
					Modes: []isolation.Mode{tt.mode},
					Quiet: time.Second, Bad: bad, After: bad / 2,
					Rate: rate, Progress: t.Output(),
				})
				if err != nil {
					t.Log(err)
					return r, false
				}
				r = all[0]
				return r, r.Requests == rate*int(bad.Seconds())*3/2 && r.Quiet.P99 > 0 && r.Alive == tt.alive && !r.Hurt() &&
					(r.Errors == 0) == tt.alive && r.Named() == tt.named
			}
			r, wanted := as(time.Second)
			if !wanted { // what it does may take longer on a machine with much else to do
				r, wanted = as(20 * time.Second)
			}
			if !wanted {
				t.Errorf("got %+v, named by %q (%s), want %q", r, r.Named(), r.Evidence, tt.named)
			}
		})
	}
}
