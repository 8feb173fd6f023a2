package serving_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/internal/project"
	"switchyard/router/catalog"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fn"
)

// leaks begins a transaction, and never ends it.
type leaks struct{ db *db.DB }

func (f leaks) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	_, err := f.db.Begin(ctx)
	return nil, err
}

// holds keeps a transaction open for half a minute, whatever its context says.
type holds struct{ db *db.DB }

func (f holds) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, f.db.InTx(ctx, func(pgx.Tx) error {
		time.Sleep(30 * time.Second)
		return nil
	})
}

// asks uses the database as it should.
type asks struct{ db *db.DB }

func (f asks) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	_, err := f.db.Exec(ctx, `SELECT 1`)
	return nil, err
}

// neighbours is a router with two functions that mistreat the database, and one that does not.
func neighbours() program.Program {
	env := service.NewEnv[config.Database]()
	d := service.New("db", func(ctx context.Context) (*db.DB, error) { return db.Open(ctx, env.Value) }, env)
	p := catalog.Program()
	p.Functions = nil
	for name, bind := range map[string]func() any{
		"leaks": func() any { return endpoint.New(leaks{d.Value}) },
		"holds": func() any { return endpoint.New(holds{d.Value}) },
		"asks":  func() any { return endpoint.New(asks{d.Value}) },
	} {
		spec := fn.Endpoint{Route: "GET /api/" + name, Access: fn.Public}
		if name == "holds" {
			spec.Timeout = 2 * time.Second
		}
		p.Functions = append(p.Functions, function.Function{Name: "api/" + name, Spec: spec, Needs: []service.Need{d}, Bind: bind})
	}
	return p
}

// ready reports whether the router says that it is ready, once of three times: on a busy machine its
// database may not answer within the two seconds that it has. Those who hold transactions here do
// so for longer than all three.
func ready(r *routertest.Router) bool {
	for range 3 {
		if r.Call(http.MethodGet, "/readyz", nil, nil) == http.StatusOK {
			return true
		}
	}
	return false
}

// Calls that leave transactions open, or hold them longer than they may, are closed and told.
// Nobody else notices them.
func TestDatabaseNeighbours(t *testing.T) {
	t.Parallel()
	const token = "scrape-0123456789"
	env := append(routertest.Environment(t, ""), "METRICS_TOKEN="+token)
	r := routertest.Start(t, neighbours(), env)
	var bad sync.WaitGroup
	for range 12 {
		bad.Go(func() { r.Call(http.MethodGet, "/api/leaks", nil, nil) })
		bad.Go(func() {
			if status := r.Call(http.MethodGet, "/api/holds", nil, nil); status != http.StatusGatewayTimeout && status != http.StatusServiceUnavailable {
				t.Errorf("who holds a transaction is answered %d", status)
			}
		})
	}
	over := make(chan struct{})
	go func() { bad.Wait(); close(over) }()
	calls := 0
	for meanwhile := true; meanwhile || calls < 50; calls++ {
		select {
		case <-over:
			meanwhile = false
		case <-time.After(5 * time.Millisecond):
		}
		if status := r.Call(http.MethodGet, "/api/asks", nil, nil); status >= http.StatusBadRequest {
			t.Fatalf("a function is answered %d beside them:\n%s", status, r.Log)
		}
		if !ready(r) {
			t.Fatalf("the router is not ready beside them:\n%s", r.Log)
		}
	}
	// A caller has its answer at the deadline; what the call held is given back after that.
	for _, want := range []string{
		"a call left something open", "a transaction, from ", "serving_test.leaks.Handle (walls_test.go:", "serving_test.holds.Handle (walls_test.go:",
	} {
		await.That(t, "the log says "+want, func() bool { return strings.Contains(r.Log.String(), want) })
	}
	for _, want := range []string{
		`switchyard_db_left_open_total{function="api/leaks"} 12`, `switchyard_db_connections{function="api/holds"} 0`,
		`switchyard_db_share{function="api/asks"} 3`, `switchyard_db_left_open_total{function="api/asks"} 0`,
	} {
		await.That(t, "the metrics say "+want, func() bool {
			shown := r.Ask(http.MethodGet, "/metrics", "", "Authorization: Bearer "+token)
			body, err := io.ReadAll(shown.Body)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(strings.ReplaceAll(string(body), `,project="`+project.Name()+`"`, ""), want+"\n")
		})
	}
}
