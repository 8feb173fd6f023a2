package serving_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"switchyard/router/catalog"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/service"
	"switchyard/shared/callrate"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fn"
)

// withRare is the router with an endpoint that an address may call four times a day, wired
// as the generator does it.
func withRare() program.Program {
	p := catalog.Program()
	env := service.NewEnv[config.Database]()
	database := service.New("rare/db", func(ctx context.Context) (*db.DB, error) { return db.Open(ctx, env.Value) }, env)
	rates := service.New("callrate", func(ctx context.Context) (*callrate.Rates, error) {
		return callrate.Open(ctx, database.Value)
	}, database)
	p.Functions = append(p.Functions, function.Function{
		Name:   "api/sample/rare",
		Spec:   fn.Endpoint{Route: "GET /api/rare", Access: fn.Public, RateLimit: fn.Rate{Limit: 4, Per: 24 * time.Hour}},
		Limits: rates, Bind: func() any { return endpoint.New(find{}) },
	})
	return p
}

// TestRateOfReplicas calls two routers with one database, which keep one rate.
func TestRateOfReplicas(t *testing.T) {
	t.Parallel()
	env := routertest.Environment(t, "")
	d := routertest.DB(t, env)
	if _, err := d.Exec(t.Context(), `CREATE TABLE IF NOT EXISTS call_rate (key uuid PRIMARY KEY, until timestamptz NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	replicas := []*routertest.Router{
		routertest.Start(t, withRare(), env), routertest.Start(t, withRare(), append(env, "PORT=0")),
	}
	statuses := map[int]int{}
	for i := range 10 {
		resp := replicas[i%2].Send(http.MethodGet, "/api/rare", nil)
		_ = resp.Body.Close()
		statuses[resp.StatusCode]++
		if limited := resp.StatusCode == http.StatusTooManyRequests; limited != (resp.Header.Get("Retry-After") != "") {
			t.Errorf("call %d: %d, Retry-After: %s", i+1, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
	if statuses[http.StatusNoContent] != 4 || statuses[http.StatusTooManyRequests] != 6 {
		t.Errorf("answers by status: %v, want 4 of 204 and 6 of 429", statuses)
	}
}
