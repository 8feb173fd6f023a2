// Command chi does the benchmark's work with chi and its middleware, httplog, validator and pgx.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httplog/v3"
	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"

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
	r := chi.NewRouter()
	r.Get("/livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	r.Method(http.MethodGet, "/metrics", metrics.Handler())
	a := &api{store, log, validator.New(validator.WithRequiredStructEnabled())}
	r.Group(func(r chi.Router) {
		r.Use(middleware.RequestID, logged(log), measured(metrics), secured,
			middleware.Throttle(desk.MaxConcurrent), middleware.Timeout(desk.Timeout), middleware.RequestSize(desk.MaxBody))
		r.Get("/api/ping", a.ping)
		r.Post("/api/echo", a.echo)
		r.Get("/api/items/{id}", a.row)
		r.With(a.signedIn).Get("/api/mine", a.mine)
		r.Get("/items", a.page)
	})
	desk.Serve(env.Address, r)
}

func logged(log *slog.Logger) func(http.Handler) http.Handler {
	return httplog.RequestLogger(log, &httplog.Options{
		Level: slog.LevelInfo, Schema: httplog.SchemaECS.Concise(true), RecoverPanics: true,
		LogExtraAttrs: func(r *http.Request, _ string, _ int) []slog.Attr {
			return []slog.Attr{slog.String("requestId", middleware.GetReqID(r.Context()))}
		},
	})
}

func measured(m *desk.Metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began, wrapped := time.Now(), middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			next.ServeHTTP(wrapped, r)
			m.Observe(r.Method, chi.RouteContext(r.Context()).RoutePattern(), wrapped.Status(), time.Since(began))
		})
	}
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Request-Id", middleware.GetReqID(r.Context()))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		next.ServeHTTP(w, r)
	})
}

type api struct {
	store    *desk.Store
	log      *slog.Logger
	validate *validator.Validate
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status int, title string) {
	answer(w, status, desk.Problem{Title: title, Status: status})
}

func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, desk.ErrNone):
		problem(w, http.StatusNotFound, err.Error())
	case errors.Is(err, desk.ErrNobody):
		problem(w, http.StatusUnauthorized, err.Error())
	default:
		a.log.ErrorContext(r.Context(), "request failed", slog.Any("error", err))
		problem(w, http.StatusInternalServerError, "internal error")
	}
}

func (a *api) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(desk.SessionCookie)
		if err != nil {
			a.fail(w, r, desk.ErrNobody)
			return
		}
		user, err := a.store.User(r.Context(), cookie.Value)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(desk.WithUser(r.Context(), user)))
	})
}

func (a *api) ping(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, desk.Pong{OK: true})
}

func (a *api) echo(w http.ResponseWriter, r *http.Request) {
	var o desk.Order
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			problem(w, http.StatusRequestEntityTooLarge, "the body is too large")
		} else {
			problem(w, http.StatusBadRequest, err.Error())
		}
		return
	}
	if err := a.validate.StructCtx(r.Context(), &o); err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer(w, http.StatusOK, desk.Price(o))
}

func (a *api) row(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, "the id is no uuid")
		return
	}
	item, err := a.store.Get(r.Context(), id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, item)
}

func (a *api) mine(w http.ResponseWriter, r *http.Request) {
	q := desk.Query{Limit: 20}
	if text := r.URL.Query().Get("limit"); text != "" {
		q.Limit, _ = strconv.Atoi(text)
	}
	if err := a.validate.StructCtx(r.Context(), &q); err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	list, err := a.store.Of(r.Context(), desk.UserFrom(r.Context()).ID, q.Limit)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, desk.List{Items: list})
}

func (a *api) page(w http.ResponseWriter, r *http.Request) {
	list, err := a.store.Newest(r.Context(), 20)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var html bytes.Buffer
	if err := desk.Page.Execute(&html, desk.Shown{Title: "Items", Items: list}); err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(html.Bytes())
}
