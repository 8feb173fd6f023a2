package apart

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// Jobs returns, by the name of each job and schedule that runs apart, the handler that sends
// Inngest's calls to its process, unchanged. Inngest signs them, and the process checks that.
func (s *Supervisor) Jobs() map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, g := range s.groups {
		for _, c := range g.calls {
			if c.function.Info().Kind.Durable() {
				all[c.function.Name] = c.counted(c.whole())
			}
		}
	}
	return all
}

// whole returns what hands requests on as they are.
func (c *calls) whole() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "apart"
			r.Out.Host = r.In.Host
			r.Out.Header.Del("X-Railway-Request-Id")
			if id := answer.RequestID(r.In.Context()); id != "" {
				r.Out.Header.Set("X-Request-Id", id)
			}
		},
		ModifyResponse: func(*http.Response) error {
			c.count("answered")
			return nil
		},
		ErrorHandler: c.failed,
		Transport:    c,
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}

// failed answers a call that no process has answered. Inngest makes it again.
func (c *calls) failed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		c.count("broken")
	case errors.Is(err, errDown):
		c.count("unreachable")
		err = fault.New(fault.Unavailable, "This job runs in a process of its own, which is being started again.").Because(err)
	default:
		c.count("broken")
		err = answer.New(http.StatusBadGateway, fault.Unavailable, "This job runs in a process of its own, and no answer came from there.").Because(err)
	}
	answer.Write(w, r, err)
}

func (c *calls) count(result string) {
	c.group.metrics.sent.WithLabelValues(c.function.Name, result).Inc()
}
