package durabletest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/events/ledger"
)

// counting counts the statuses of answers.
type counting struct {
	http.ResponseWriter
	counts *Tally
}

// WriteHeader implements [http.ResponseWriter].
func (c counting) WriteHeader(status int) {
	c.counts.Add(strconv.Itoa(status))
	c.ResponseWriter.WriteHeader(status)
}

// Serve runs functions against the server and registers them.
func (s *Server) Serve(t *testing.T, functions ...function.Function) {
	t.Helper()
	s.Release(t, nil, functions...)
}

// Release also has a ledger. What it returns replaces the functions by others, at the
// same URL.
func (s *Server) Release(t *testing.T, l *ledger.Ledger, functions ...function.Function) func(...function.Function) {
	t.Helper()
	app := httptest.NewUnstartedServer(nil)
	var current atomic.Pointer[durable.Host]
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current.Load().Handler().ServeHTTP(counting{w, &s.Answers}, r)
	})
	replace := func(functions ...function.Function) {
		host, err := durable.New(durable.Config{
			Functions: functions,
			Jobs:      s.Jobs(),
			Origin:    "http://" + app.Listener.Addr().String(),
			Ledger:    l,
			Overrun:   &overrun.Set{},
			Logger:    Log(t),
		})
		Must(t, err)
		current.Store(host)
		ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
		defer cancel()
		Must(t, registration.New(host, s.Jobs(), Log(t)).Register(ctx))
	}
	app.Start()
	t.Cleanup(app.Close)
	replace(functions...)
	return replace
}
