package serve

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/shared/clientip"
)

// log writes the line about r. aborted says that the connection was broken off.
func (x *exchange) log(r *http.Request, aborted bool) {
	level := slog.LevelInfo
	switch {
	case x.status >= http.StatusInternalServerError || x.stack != nil:
		level = slog.LevelError
	case x.function == inngestName && x.status < http.StatusBadRequest:
		level = slog.LevelDebug // the durable host has a line for each call that runs something
	}
	logger := x.host.logger
	if !logger.Enabled(r.Context(), level) {
		return
	}
	var room [16]slog.Attr
	attrs := append(room[:0],
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path), // never the query, which may hold tokens
		slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes),
		slog.Float64("ms", float64(time.Since(x.start).Microseconds())/1000),
		slog.String("function", x.function),
		slog.String("requestId", x.call.RequestID),
		slog.String("ip", x.host.clientIP(cmp.Or(x.told, r))),
	)
	if p := x.call.Problem; p != nil {
		attrs = append(attrs, slog.String("fault", faultName(p)))
		if cause := p.Cause(); cause != nil {
			attrs = append(attrs, slog.String("error", cause.Error()))
		} else {
			attrs = append(attrs, slog.String("error", p.Error()))
		}
	}
	if aborted {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	if x.stack != nil {
		attrs = append(attrs, slog.String("stack", string(x.stack)))
	}
	logger.LogAttrs(r.Context(), level, "request", attrs...)
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
			return ip.String()
		}
	}
	return r.RemoteAddr
}
