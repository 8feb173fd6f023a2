package serve_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// A page that shows an error itself tells the log of it.
func TestPageReports(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: []function.Function{
		page("pages/shy", "GET /shy", func(w http.ResponseWriter, r *http.Request) {
			fn.Report(r.Context(), fault.New(fault.Unavailable, "Later.").Because(errors.New("connection refused")))
			w.WriteHeader(http.StatusServiceUnavailable)
		}),
	}})
	send(t, "GET", host.url+"/shy", strings.NewReader(""), "X-Request-Id: shy-1")
	got := host.log.line(t, "shy-1")
	if got["fault"] != "unavailable" || got["error"] != "Later.: connection refused" || got["status"] != 503.0 {
		t.Errorf("got %v", got)
	}
}
