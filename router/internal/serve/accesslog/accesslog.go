// Package accesslog writes a line about each request, and not so many that a flood of requests
// becomes a flood of lines: what is not written is counted.
package accesslog

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"switchyard/router/internal/logger"
)

// Route writes the lines about the requests of one route. What all of them say is prepared
// once, so that a line costs little. It is safe for concurrent use.
type Route struct {
	name   string // of the function
	method string // of the pattern; "" if it has none
	path   path
	next   slog.Handler
	json   *logger.JSON // next, if it is that; else nil
	Quiet  bool         // calls that succeed have a line elsewhere, or are of no interest: theirs is of level debug
	limits [kinds]limit
	budget *Budget

	prepared func() *prepared
}

// New returns the route with a pattern of http.ServeMux to the function called name, both ""
// for requests that no route takes. logged are the parameters that the function's Spec says
// may be shown. All routes of a host share a budget.
func New(next slog.Handler, name, pattern string, logged []string, budget *Budget) *Route {
	method, rest, found := strings.Cut(pattern, " ")
	if !found {
		method, rest = "", pattern
	}
	r := &Route{name: name, method: method, path: newPath(rest, logged), next: next, budget: budget}
	r.json, _ = next.(*logger.JSON)
	r.prepared = sync.OnceValue(r.prepare)
	return r
}

// Wants reports whether a line of this level and kind is to be written about a request that has
// ended at now.
func (r *Route) Wants(ctx context.Context, now time.Time, level slog.Level, kind Kind) bool {
	return r.next.Enabled(ctx, level) && r.may(kind, now)
}
