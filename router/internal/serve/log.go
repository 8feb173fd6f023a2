package serve

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"switchyard/internal/clientip"
	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// access writes the lines about the requests of one route. What all of them say is
// prepared once.
type access struct {
	method string       // of the pattern; "" if it has none
	usual  slog.Handler // of requests with this method: adds it, the function, and the path if it is always the same
	others slog.Handler // of all others: does not add the method
	path   path
	quiet  bool // calls that succeed have a line elsewhere, too
	floods [floodKinds]flood
}

// newAccess returns the access of the route pattern to the function called name, "" for
// requests that no route takes. logged are the parameters that the function's Spec says
// may be shown.
func (h *Host) newAccess(name, pattern string, logged []string) *access {
	method, rest, found := strings.Cut(pattern, " ")
	if !found {
		method, rest = "", pattern
	}
	a := &access{method: method, path: newPath(rest, logged), quiet: name == inngestName}
	attrs := []slog.Attr{slog.String("function", name)}
	if a.path.always != "" {
		attrs = append(attrs, slog.String("path", a.path.always))
	}
	a.others = h.logger.Handler().WithAttrs(attrs)
	a.usual = a.others.WithAttrs([]slog.Attr{slog.String("method", a.method)})
	h.accesses = append(h.accesses, a)
	return a
}

// verdict holds the outcome of a request: the status for the log and the metrics, and the
// level and the kind of the line about it.
type verdict struct {
	status int
	level  slog.Level
	kind   floodKind
}

// verdict returns how the request ended. That nobody waits for an answer any more, or that
// there is too much to do, is no fault of ours.
func (x *exchange) verdict() verdict {
	p := x.call.Problem
	failed := x.status >= http.StatusInternalServerError
	switch {
	case x.stack != nil:
		return verdict{x.status, slog.LevelError, failures}
	case x.status == answer.StatusClientGone,
		failed && (x.received.broken || p != nil && p.Status == answer.StatusClientGone):
		return verdict{answer.StatusClientGone, slog.LevelInfo, departures}
	case x.status == http.StatusTooManyRequests:
		return verdict{x.status, slog.LevelInfo, refusals}
	case failed && p != nil && overloaded(p):
		return verdict{x.status, slog.LevelWarn, refusals}
	case failed:
		return verdict{x.status, slog.LevelError, failures}
	}
	return verdict{x.status, slog.LevelInfo, ordinary}
}

// overloaded reports whether p refuses a request because there are too many: it has no
// cause, or one that says when to try again.
func overloaded(p *answer.Problem) bool {
	if p.Kind() != fault.Unavailable {
		return false
	}
	var again *fault.RetryAfterError
	cause := fault.Of(p.Cause())
	return cause == nil || cause.Err == nil || errors.As(cause, &again)
}

// log writes the line about r, which has ended at now. aborted says that the connection
// was broken off.
func (x *exchange) log(r *http.Request, now time.Time, end verdict, aborted bool) {
	a := x.access
	if end.level == slog.LevelInfo && a.quiet && end.status < http.StatusBadRequest {
		end.level = slog.LevelDebug
	}
	handler := a.usual
	if r.Method != a.method { // HEAD, where the pattern says GET, or any
		handler = a.others
	}
	if !handler.Enabled(r.Context(), end.level) || end.kind != ordinary && !a.floods[end.kind].take(now) {
		return
	}
	line := slog.NewRecord(now, end.level, "request", 0)
	line.AddAttrs(
		slog.Int("status", end.status),
		slog.Int64("bytes", x.bytes),
		slog.Int64("us", now.Sub(x.start).Microseconds()),
		slog.String("requestId", x.call.RequestID),
		slog.String("ip", x.host.clientIP(cmp.Or(x.told, r))),
	)
	if r.Method != a.method {
		line.AddAttrs(slog.String("method", r.Method))
	}
	if a.path.always == "" {
		line.AddAttrs(slog.String("path", a.path.of(r)))
	}
	x.more(&line, aborted)
	_ = handler.Handle(r.Context(), line) // there is nobody to tell
}

// more adds to the line what only some requests have.
func (x *exchange) more(line *slog.Record, aborted bool) {
	if x.call.TraceID != "" {
		line.AddAttrs(slog.String("traceId", x.call.TraceID))
	}
	if p := x.call.Problem; p != nil {
		var cause error = p
		if p.Cause() != nil {
			cause = p.Cause()
		}
		line.AddAttrs(slog.String("fault", faultName(p)), slog.String("error", cause.Error()))
	}
	if aborted {
		line.AddAttrs(slog.Bool("aborted", true))
	}
	if x.stack != nil {
		line.AddAttrs(slog.String("stack", string(x.stack)))
	}
}

func faultName(p *answer.Problem) string {
	if p.Status == answer.StatusClientGone {
		return "client_gone"
	}
	return p.Kind().String()
}

// clientIP returns who called: the client, or else the peer.
func (h *Host) clientIP(r *http.Request) string {
	for _, trust := range [...]clientip.Trust{h.sites.trust, {}} {
		if ip, ok := trust.Of(r); ok {
			return text(ip, r.RemoteAddr, r.Header.Get(cmp.Or(h.sites.trust.Header, clientip.ForwardedFor)))
		}
	}
	return r.RemoteAddr
}

// text returns ip as text: a part of one of said if it is there, so that nothing has to be
// made.
func text(ip netip.Addr, said ...string) string {
	var room [64]byte
	b := ip.AppendTo(room[:0])
	for _, s := range said {
		if i := strings.Index(s, string(b)); i >= 0 {
			return s[i : i+len(b)]
		}
	}
	return string(b)
}
