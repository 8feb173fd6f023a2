package main

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/bench/product/contestants/internal/desk"
)

// recorder remembers how an answer was.
type recorder struct {
	http.ResponseWriter

	status, bytes int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += n
	return n, err
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logged is the usual middleware: huma leaves it to the router that it stands on.
func logged(log *slog.Logger, m *desk.Metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, rec := time.Now(), &recorder{ResponseWriter: w, status: http.StatusOK}
		id := r.Header.Get("X-Request-Id")
		if id == "" {
			id = uuid.NewString()
		}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		defer func() { //nolint:contextcheck // it has that of the request
			if reason := recover(); reason != nil {
				log.ErrorContext(r.Context(), "panic", slog.Any("reason", reason))
				http.Error(rec, "internal error", http.StatusInternalServerError)
			}
			took := time.Since(began)
			ip, _, _ := net.SplitHostPort(r.RemoteAddr)
			m.Observe(r.Method, r.Pattern, rec.status, took)
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("route", r.Pattern),
				slog.Int("status", rec.status), slog.Int("bytes", rec.bytes), slog.Int64("us", took.Microseconds()),
				slog.String("requestId", id), slog.String("ip", ip))
		}()
		next.ServeHTTP(rec, r)
	})
}
