// Command nethttp does the benchmark's work by hand: net/http, log/slog, encoding/json, pgx and
// html/template. All others are measured against it.
package main

import (
	"context"
	"net/http"

	"switchyard/bench/product/contestants/internal/desk"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	env, log := desk.ReadEnv(), desk.Logger()
	store, err := desk.Open(ctx, env)
	if err != nil {
		desk.Fatal(err)
	}
	defer store.Close()
	go store.Relay(ctx, log, env.EventAPI)
	a := &api{store: store, room: desk.NewRoom(), bucket: desk.NewBucket(env), log: log}
	h := &host{log: log, metrics: desk.NewMetrics(), places: make(chan struct{}, desk.MaxConcurrent), mux: http.NewServeMux()}
	h.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	h.mux.Handle("GET /metrics", h.metrics.Handler())
	h.handle("GET /api/ping", a.ping)
	h.handle("POST /api/echo", a.echo)
	h.handle("GET /api/items/{id}", a.row)
	h.handle("GET /api/mine", a.signedIn(a.mine))
	h.handle("GET /items", a.page)
	h.handle("POST /api/uploads", a.signedIn(a.upload))
	h.handle("POST /api/orders", a.signedIn(a.order))
	h.handle("POST /api/say", a.say)
	h.mux.HandleFunc("GET /stream", a.stream)
	desk.Serve(env.Address, h)
}
