// Package accesslog writes a line about each request, and not so many that a flood of requests
// becomes a flood of lines: what is not written is counted.
package accesslog

import (
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Route writes the lines about the requests of one route. What all of them say is prepared
// once, so that a line costs little. It is safe for concurrent use.
type Route struct {
	method string       // of the pattern; "" if it has none
	usual  slog.Handler // of requests with this method: adds it, the function, and the path if it is always the same
	others slog.Handler // of all others: does not add the method
	path   path
	Quiet  bool // calls that succeed have a line elsewhere, too: theirs is of level debug
	limits [kinds]limit
}

// New returns the route with a pattern of http.ServeMux to the function called name, both ""
// for requests that no route takes. logged are the parameters that the function's Spec says
// may be shown.
func New(next slog.Handler, name, pattern string, logged []string) *Route {
	method, rest, found := strings.Cut(pattern, " ")
	if !found {
		method, rest = "", pattern
	}
	r := &Route{method: method, path: newPath(rest, logged)}
	attrs := []slog.Attr{slog.String("function", name)}
	if r.path.always != "" {
		attrs = append(attrs, slog.String("path", r.path.always))
	}
	r.others = next.WithAttrs(attrs)
	r.usual = r.others.WithAttrs([]slog.Attr{slog.String("method", r.method)})
	return r
}

// Handler returns what writes a line of this level and kind about r, which has ended at now. It
// is nil if there is to be none. The function, and what the route's pattern tells of the method
// and the path, are in it; [Route.Add] adds the rest.
func (r *Route) Handler(req *http.Request, now time.Time, level slog.Level, kind Kind) slog.Handler {
	handler := r.usual
	if req.Method != r.method { // HEAD, where the pattern says GET, or any
		handler = r.others
	}
	if !handler.Enabled(req.Context(), level) || kind != Ordinary && !r.limits[kind].take(now) {
		return nil
	}
	return handler
}

// Add adds to a line the method and the path, if they are not in its handler.
func (r *Route) Add(line *slog.Record, req *http.Request) {
	if req.Method != r.method {
		line.AddAttrs(slog.String("method", req.Method))
	}
	if r.path.always == "" {
		line.AddAttrs(slog.String("path", r.path.of(req)))
	}
}
