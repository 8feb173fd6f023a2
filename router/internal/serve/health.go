package serve

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"golang.org/x/sync/singleflight"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// readyTimeout bounds each thing that /readyz asks.
const readyTimeout = 2 * time.Second

// liveName is what log and metrics call /livez, which probes ask every few seconds.
const liveName = "livez"

var errNoAnswer = errors.New("it does not answer")

// addHealth routes to what says how the host is.
func (h *Host) addHealth() error {
	return errors.Join(
		h.route("GET /livez", hostPage(liveName, h.live)),
		h.route("GET /readyz", hostPage("readyz", h.readyz)),
	)
}

// hostPage returns the guard of a page of the host.
func hostPage(name string, page http.HandlerFunc) *guard {
	info := fn.Page{Access: fn.Public, Timeout: 10 * time.Second, MaxConcurrent: 4096}.Info()
	return &guard{name: name, info: &info, next: page}
}

type health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// live says that the process runs.
func (h *Host) live(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, health{Status: "ok"})
}

// readyz says whether requests should be sent here. Who may see the metrics is told the
// causes, too, such as the names of tables.
func (h *Host) readyz(w http.ResponseWriter, r *http.Request) {
	if h.leaving.Load() {
		writeHealth(w, http.StatusServiceUnavailable, health{Status: "draining"})
		return
	}
	text := publicText
	if h.maySeeMetrics(r) {
		text = error.Error
	}
	status, found := http.StatusOK, health{Status: "ready", Checks: map[string]string{}}
	for name, err := range h.ready.ask(r.Context()) {
		found.Checks[name] = "ok"
		if err != nil {
			status, found.Status, found.Checks[name] = http.StatusServiceUnavailable, "not ready", text(err)
			h.logger.WarnContext(r.Context(), "not ready", slog.String("check", name), slog.Any("error", err))
		}
	}
	writeHealth(w, status, found)
}

func writeHealth(w http.ResponseWriter, status int, found health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(found) // a prober that does not listen cannot be told
}

// publicText returns what anybody may know of err.
func publicText(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Message != "" {
		return f.Message
	}
	return "failing"
}

// readiness asks all that has to work. Probes that come at the same time share
// one round, so that a check that hangs is not begun again and again.
type readiness struct {
	sources map[string]func(context.Context) map[string]error
	rounds  singleflight.Group
}

func newReadiness(c Config) *readiness {
	r := &readiness{sources: map[string]func(context.Context) map[string]error{}}
	if c.Needs != nil {
		r.sources["services"] = c.Needs.Ready
	}
	for name, check := range c.Ready {
		r.sources[name] = func(ctx context.Context) map[string]error {
			return map[string]error{name: check(ctx)}
		}
	}
	return r
}

// ask returns what each check found. It takes no longer than readyTimeout.
func (r *readiness) ask(ctx context.Context) map[string]error {
	limit, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	answers := map[string]<-chan singleflight.Result{}
	for name, source := range r.sources {
		answers[name] = r.rounds.DoChan(name, func() (any, error) {
			// The round belongs to all who wait for it, not to the first.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
			defer cancel()
			return source(ctx), nil
		})
	}
	found := map[string]error{}
	for name, answered := range answers {
		maps.Copy(found, await(limit, name, answered))
	}
	return found
}

// await returns what the round of the source called name found, or that it did
// not end within limit.
func await(limit context.Context, name string, answered <-chan singleflight.Result) map[string]error {
	select {
	case a := <-answered:
		found, _ := a.Val.(map[string]error)
		return found
	case <-limit.Done():
	}
	select { // another source may have used up the time
	case a := <-answered:
		found, _ := a.Val.(map[string]error)
		return found
	default:
		return map[string]error{name: errNoAnswer}
	}
}
