package durable

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/inngest/inngestgo"
)

// call is what becomes known of one call from Inngest while it is served.
type call struct {
	function     string
	run          string
	attempt      int  // from 1
	last         bool // there is no other after this attempt
	stateMissing bool // what the run has done so far was too large to be sent
	err          error
	interrupted  func() bool // whether the answer reaches nobody any more
}

type callKey struct{}

// callOf returns the call that ctx belongs to. Every context of a function does.
func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &call{interrupted: func() bool { return ctx.Err() != nil }}
	}
	return c
}

// logged writes a line for each call that next serves.
func (h *Host) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx := r.Context()
		c := &call{interrupted: func() bool { return ctx.Err() != nil }}
		a := &answer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(a, r.WithContext(context.WithValue(ctx, callKey{}, c)))
		if c.function == "" {
			h.logOther(r, a)
			return
		}
		outcome, step := a.outcome(c.last)
		attrs := []slog.Attr{
			slog.String("function", c.function), slog.String("run", c.run),
			slog.Int("attempt", c.attempt),
			slog.Int64("duration_ms", time.Since(began).Milliseconds()), slog.String("outcome", outcome),
		}
		if step != "" {
			attrs = append(attrs, slog.String("step", step))
		}
		level := map[string]slog.Level{"ok": slog.LevelInfo, "retry": slog.LevelWarn, "failed": slog.LevelError}[outcome]
		if outcome != "ok" {
			attrs = append(attrs, slog.String("error", a.cause(c.err)))
		}
		h.log.LogAttrs(ctx, level, "job call", attrs...)
	})
}

// logOther is for calls that reach no function. Those that come from Inngest, or
// claim to, are worth knowing: a wrong key, a function that is gone.
func (h *Host) logOther(r *http.Request, a *answer) {
	if a.status >= http.StatusBadRequest && r.Header.Get(inngestgo.HeaderKeySignature) != "" {
		h.log.WarnContext(r.Context(), "a call from Inngest was refused",
			slog.String("method", r.Method), slog.Int("status", a.status), slog.String("id", r.URL.Query().Get("fnId")))
	}
}

// answer passes a response through and remembers its status and how it begins.
type answer struct {
	http.ResponseWriter
	status int
	begin  []byte
}

// maxBegin is enough for an opcode, a hash and the name of a step, in bytes.
const maxBegin = 1 << 10

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.begin = append(a.begin, p[:min(len(p), maxBegin-len(a.begin))]...)
	return a.ResponseWriter.Write(p)
}

// Unwrap serves [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// outcome returns "ok", "retry" or "failed", and the step that ran, if one did.
func (a *answer) outcome(last bool) (outcome, step string) {
	opcode := ""
	if a.status == http.StatusPartialContent {
		opcode, step = firstStep(a.begin)
	}
	final := last || a.Header().Get(inngestgo.HeaderKeyNoRetry) != ""
	switch {
	case opcode == "StepFailed", final && (opcode == "StepError" || a.status >= http.StatusBadRequest):
		return "failed", step
	case opcode == "StepError", a.status >= http.StatusBadRequest:
		return "retry", step
	}
	return "ok", step
}

// cause returns the text of err, or if there is none what the SDK answered.
func (a *answer) cause(err error) string {
	if err != nil {
		return err.Error()
	}
	var body struct{ Message string }
	if json.Unmarshal(a.begin, &body) == nil && body.Message != "" {
		return body.Message
	}
	return string(bytes.TrimSpace(a.begin))
}

// firstStep returns the opcode and the name of the first step in an answer of
// which the end may be missing: the SDK writes both before anything long.
func firstStep(begin []byte) (opcode, name string) {
	d := json.NewDecoder(bytes.NewReader(begin))
	_, _ = d.Token() // [
	_, _ = d.Token() // {
	for name == "" {
		key, _ := d.Token()
		value, err := d.Token()
		if err != nil {
			break
		}
		switch text, _ := value.(string); key {
		case "op":
			opcode = text
		case "name":
			name = text
		}
	}
	return opcode, name
}

// quiet is the SDK's way to our log: whatever it says is detail, as each call
// gets a line of ours.
type quiet struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle implements [slog.Handler].
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements [slog.Handler].
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
