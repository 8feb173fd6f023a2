// Command huma does the benchmark's work with huma on http.ServeMux, log/slog and pgx.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchyard/bench/product/contestants/internal/desk"
)

func main() {
	env, log := desk.ReadEnv(), desk.Logger()
	store, err := desk.Open(context.Background(), env)
	if err != nil {
		desk.Fatal(err)
	}
	defer store.Close()
	metrics := desk.NewMetrics()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Handle("GET /metrics", metrics.Handler())
	a := &api{store: store, log: log}
	config := huma.DefaultConfig("Desk", "1.0.0")
	config.CreateHooks = nil // no "$schema" in answers
	a.huma = humago.New(mux, config)
	a.huma.UseMiddleware(limited(a.huma))
	huma.Get(a.huma, "/api/ping", a.ping)
	huma.Post(a.huma, "/api/echo", a.echo)
	huma.Get(a.huma, "/api/items/{id}", a.row)
	huma.Get(a.huma, "/api/mine", a.mine, func(o *huma.Operation) { o.Middlewares = huma.Middlewares{a.signedIn} })
	mux.HandleFunc("GET /items", a.page)
	desk.Serve(env.Address, logged(log, metrics, mux))
}

// limited gives a request a place and a deadline.
func limited(h huma.API) func(huma.Context, func(huma.Context)) {
	places := make(chan struct{}, desk.MaxConcurrent)
	return func(c huma.Context, next func(huma.Context)) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			_ = huma.WriteErr(h, c, http.StatusServiceUnavailable, "too busy")
			return
		}
		ctx, cancel := context.WithTimeout(c.Context(), desk.Timeout)
		defer cancel()
		next(huma.WithContext(c, ctx))
	}
}

type api struct {
	huma  huma.API
	store *desk.Store
	log   *slog.Logger
}

func (a *api) signedIn(c huma.Context, next func(huma.Context)) {
	cookie, err := huma.ReadCookie(c, desk.SessionCookie)
	if err != nil {
		_ = huma.WriteErr(a.huma, c, http.StatusUnauthorized, "sign in first")
		return
	}
	user, err := a.store.User(c.Context(), cookie.Value)
	if err != nil {
		err = failure(err)
		status := http.StatusInternalServerError
		if said, ok := errors.AsType[huma.StatusError](err); ok {
			status = said.GetStatus()
		}
		_ = huma.WriteErr(a.huma, c, status, "sign in first", err)
		return
	}
	next(huma.WithContext(c, desk.WithUser(c.Context(), user)))
}

func failure(err error) error {
	switch {
	case errors.Is(err, desk.ErrNone):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, desk.ErrNobody):
		return huma.Error401Unauthorized(err.Error())
	}
	return err
}
