package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"switchyard/bench/product/contestants/internal/desk"
)

// host is what stands before the handlers.
type host struct {
	log     *slog.Logger
	metrics *desk.Metrics
	places  chan struct{}
	mux     *http.ServeMux
}

// handle adds a route whose requests have a deadline, a bound of their bodies, and a place.
func (h *host) handle(pattern string, next http.HandlerFunc) {
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		select {
		case h.places <- struct{}{}:
			defer func() { <-h.places }()
		default:
			w.Header().Set("Retry-After", "1")
			problem(w, http.StatusServiceUnavailable, "too busy")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), desk.Timeout)
		defer cancel()
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, desk.MaxBody)
		}
		next(w, r.WithContext(ctx))
	})
}

// recorder remembers how an answer was.
type recorder struct {
	http.ResponseWriter

	status int
	bytes  int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// ServeHTTP gives the request an id and its answer the usual headers, and sees to it that it is
// logged and counted, and that a panic is answered.
func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	id := r.Header.Get("X-Request-Id")
	if id == "" {
		id = uuid.NewString()
	}
	header := w.Header()
	header.Set("X-Request-Id", id)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	rec := &recorder{ResponseWriter: w}
	defer func() { //nolint:contextcheck // it has that of the request
		if reason := recover(); reason != nil {
			h.log.ErrorContext(r.Context(), "panic", slog.Any("reason", reason), slog.String("stack", string(debug.Stack())))
			problem(rec, http.StatusInternalServerError, "internal error")
		}
		took := time.Since(began)
		ip, _, _ := net.SplitHostPort(r.RemoteAddr)
		h.metrics.Observe(r.Method, r.Pattern, rec.status, took)
		h.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("route", r.Pattern),
			slog.Int("status", rec.status), slog.Int("bytes", rec.bytes), slog.Int64("us", took.Microseconds()),
			slog.String("requestId", id), slog.String("ip", ip))
	}()
	h.mux.ServeHTTP(rec, r)
}
