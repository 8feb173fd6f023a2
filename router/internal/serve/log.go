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

// maxRejected bounds what a line says of what is wrong with a request, in bytes: much of it
// may come from the client.
const maxRejected = 1 << 10

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
	bad := failed || x.status == http.StatusBadRequest // as what reads bodies says
	switch {
	case x.stack != nil || x.answer.over():
		return outcome{x.status, slog.LevelError, accesslog.Failed}
	case x.status == answer.StatusClientGone,
		bad && x.received.broken, failed && p != nil && p.Status == answer.StatusClientGone:
		return outcome{answer.StatusClientGone, slog.LevelInfo, accesslog.ClientGone}
	case x.status == http.StatusTooManyRequests:
		return outcome{x.status, slog.LevelInfo, accesslog.Refused}
	case failed && p != nil && overloaded(p):
		return outcome{x.status, slog.LevelWarn, accesslog.Refused}
	case failed:
		return outcome{x.status, slog.LevelError, accesslog.Failed}
	case x.status >= http.StatusBadRequest:
		return outcome{x.status, slog.LevelInfo, accesslog.Rejected}
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
	if !x.access.Wants(r.Context(), now, end.level, end.kind) {
		return
	}
	x.access.Write(r, &accesslog.Line{
		End: now, Level: end.level, Status: end.status, Bytes: x.bytes, Took: now.Sub(x.start),
		RequestID: x.call.RequestID, IP: x.clientIP(r), TraceID: x.call.TraceID, More: x.more(aborted),
	})
}

// more returns what only few requests have in their line.
func (x *exchange) more(aborted bool) (more []slog.Attr) {
	if p := x.call.Problem; p != nil {
		var cause error = p
		if p.Cause() != nil {
			cause = p.Cause()
		}
		text := cause.Error()
		if x.status < http.StatusInternalServerError && len(text) > maxRejected {
			text = strings.ToValidUTF8(text[:maxRejected], "") + "…"
		}
		more = append(more, slog.String("fault", faultName(p)), slog.String("error", text))
	}
	if aborted {
		more = append(more, slog.Bool("aborted", true))
	}
	if x.stack != nil {
		more = append(more, slog.String("stack", string(x.stack)))
	}
	return more
}

func faultName(p *answer.Problem) string {
	if p.Status == answer.StatusClientGone {
		return "client_gone"
	}
	return p.Kind().String()
}

// clientIP returns who called: the client, or else the peer.
func (x *exchange) clientIP(r *http.Request) string {
	ip := x.address
	if x.original != nil || !x.located {
		r = cmp.Or(x.original, r)
		ip = x.host.addressOf(r)
	}
	if !ip.IsValid() {
		return r.RemoteAddr
	}
	return text(ip, r.RemoteAddr, r.Header.Get(cmp.Or(x.host.sites.trust.Header, clientip.ForwardedFor)))
}

// addressOf returns where r comes from: the client, or else the peer; the zero Addr if neither
// has an address.
func (h *Host) addressOf(r *http.Request) netip.Addr {
	for _, trust := range [...]clientip.Trust{h.sites.trust, {}} {
		if ip, ok := trust.Of(r); ok {
			return ip
		}
	}
	return netip.Addr{}
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
