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
	"switchyard/router/internal/serve/accesslog"
	"switchyard/shared/fault"
)

// outcome says how a request ended: the status for the log and the metrics, and the
// level and the kind of the line about it.
type outcome struct {
	status int
	level  slog.Level
	kind   accesslog.Kind
}

// outcome returns how the request ended. That nobody waits for an answer any more, or that
// there is too much to do, is no fault of ours.
func (x *exchange) outcome() outcome {
	p := x.call.Problem
	failed := x.status >= http.StatusInternalServerError
	switch {
	case x.stack != nil:
		return outcome{x.status, slog.LevelError, accesslog.Failed}
	case x.status == answer.StatusClientGone,
		failed && (x.received.broken || p != nil && p.Status == answer.StatusClientGone):
		return outcome{answer.StatusClientGone, slog.LevelInfo, accesslog.ClientGone}
	case x.status == http.StatusTooManyRequests:
		return outcome{x.status, slog.LevelInfo, accesslog.Refused}
	case failed && p != nil && overloaded(p):
		return outcome{x.status, slog.LevelWarn, accesslog.Refused}
	case failed:
		return outcome{x.status, slog.LevelError, accesslog.Failed}
	}
	return outcome{x.status, slog.LevelInfo, accesslog.Ordinary}
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
func (x *exchange) log(r *http.Request, now time.Time, end outcome, aborted bool) {
	if end.level == slog.LevelInfo && x.access.Quiet && end.status < http.StatusBadRequest {
		end.level = slog.LevelDebug
	}
	handler := x.access.Handler(r, now, end.level, end.kind)
	if handler == nil {
		return
	}
	line := slog.NewRecord(now, end.level, "request", 0)
	line.AddAttrs(
		slog.Int("status", end.status),
		slog.Int64("bytes", x.bytes),
		slog.Int64("us", now.Sub(x.start).Microseconds()),
		slog.String("requestId", x.call.RequestID),
		slog.String("ip", x.host.clientIP(cmp.Or(x.original, r))),
	)
	x.access.Add(&line, r)
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
