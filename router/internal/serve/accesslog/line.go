package accesslog

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// message is that of a line about a request.
const message = "request"

// Line is what a line says of a request beside what its route does.
type Line struct {
	End       time.Time // when it ended
	Level     slog.Level
	Status    int
	Bytes     int64 // of the answer's body
	Took      time.Duration
	RequestID string
	IP        string
	TraceID   string      // "" if there is none
	More      []slog.Attr // what only few have
}

// Write writes the line about req, if [Route.Wants] it. Most are made here, byte for byte as slog
// makes them in JSON, at a fraction of its cost. It makes the others: those with something odd in
// them, or with more than most have, and those that are not of JSON.
func (r *Route) Write(req *http.Request, l *Line) {
	method, path := "", ""
	if req.Method != r.method { // HEAD, where the pattern says GET, or any
		method = req.Method
	}
	if r.path.always == "" {
		path = r.path.of(req)
	}
	if r.json == nil || !r.writeJSON(method, path, l) {
		r.writeRecord(req.Context(), method, path, l)
	}
}

// writeJSON writes the line with this method and path, each of which is "" if the route tells it.
// It reports false if it does not know how.
func (r *Route) writeJSON(method, path string, l *Line) bool {
	usual := r.prepared()
	if usual == nil || len(l.More) > 0 || !plain(l.RequestID) || !plain(l.IP) || !plain(l.TraceID) || !plain(method) || !plain(path) {
		return false
	}
	var room [768]byte // on the stack
	b := append(room[:0], `{"time":"`...)
	b = l.End.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","level":"`...)
	b = append(b, l.Level.String()...)
	b = append(b, `",`...)
	if method == "" {
		b = append(b, usual.own...)
	} else {
		b = append(b, usual.others...)
	}
	b = strconv.AppendInt(append(b, `,"status":`...), int64(l.Status), 10)
	b = strconv.AppendInt(append(b, `,"bytes":`...), l.Bytes, 10)
	b = strconv.AppendInt(append(b, `,"us":`...), l.Took.Microseconds(), 10)
	b = append(append(b, `,"requestId":"`...), l.RequestID...)
	b = append(append(b, `","ip":"`...), l.IP...)
	b = appendText(b, `","method":"`, method)
	b = appendText(b, `","path":"`, path)
	b = appendText(b, `","traceId":"`, l.TraceID)
	_ = r.json.Line(l.Level, append(b, "\"}\n"...)) // there is nobody to tell
	return true
}

// appendText appends a text, if there is one, behind the end of the one before it and its name.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return append(append(b, name...), text...)
}

// plain reports whether text stands in JSON as it is.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// prepared is what the lines of a route have in common behind their level: of requests with its
// method, and of all others.
type prepared struct{ own, others string }

// prepare makes that at the first line. It is nil if it cannot be made beforehand.
func (r *Route) prepare() *prepared {
	p := &prepared{r.json.Prepare(message, r.attrs(true)...), r.json.Prepare(message, r.attrs(false)...)}
	if p.own == "" {
		return nil
	}
	return p
}

// attrs are what the route tells of each of its requests: the function, the path if it is always
// the same, and of those with its method that.
func (r *Route) attrs(own bool) []slog.Attr {
	attrs := []slog.Attr{slog.String("function", r.name)}
	if r.path.always != "" {
		attrs = append(attrs, slog.String("path", r.path.always))
	}
	if own {
		attrs = append(attrs, slog.String("method", r.method))
	}
	return attrs
}

// writeRecord is writeJSON for all lines.
func (r *Route) writeRecord(ctx context.Context, method, path string, l *Line) {
	line := slog.NewRecord(l.End, l.Level, message, 0)
	line.AddAttrs(r.attrs(method == "")...)
	line.AddAttrs(
		slog.Int("status", l.Status), slog.Int64("bytes", l.Bytes), slog.Int64("us", l.Took.Microseconds()),
		slog.String("requestId", l.RequestID), slog.String("ip", l.IP),
	)
	for _, one := range [...]slog.Attr{slog.String("method", method), slog.String("path", path), slog.String("traceId", l.TraceID)} {
		if one.Value.String() != "" {
			line.AddAttrs(one)
		}
	}
	line.AddAttrs(l.More...)
	_ = r.next.Handle(ctx, line) // there is nobody to tell
}
