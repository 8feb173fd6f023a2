package logger

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"time"
)

// JSON is the handler of lines in JSON. Beside records it takes lines that its caller
// has made, which costs less if most of a line is known beforehand: see [JSON.Prepare].
type JSON struct {
	slog.Handler

	out   lines
	again []func(slog.Handler) slog.Handler // what With and WithGroup have done
}

func newJSON(out lines, o *slog.HandlerOptions) *JSON {
	return &JSON{Handler: slog.NewJSONHandler(out, o), out: out}
}

// Handle implements [slog.Handler].
func (j *JSON) Handle(ctx context.Context, r slog.Record) error {
	if err := j.Handler.Handle(ctx, r); err != nil {
		return err
	}
	return j.out.minding(r.Level)
}

// WithAttrs implements [slog.Handler].
func (j *JSON) WithAttrs(attrs []slog.Attr) slog.Handler {
	return j.with(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup implements [slog.Handler].
func (j *JSON) WithGroup(name string) slog.Handler {
	return j.with(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

func (j *JSON) with(step func(slog.Handler) slog.Handler) *JSON {
	return &JSON{Handler: step(j.Handler), out: j.out, again: append(slices.Clip(j.again), step)}
}

// Prepare returns what lines with this message and these attributes have in common: what stands
// in the object behind their time and their level, and before attributes that follow, such as
//
//	"msg":"request","function":"api/files"
//
// It is "" if attributes that follow do not stand in the object itself.
func (j *JSON) Prepare(msg string, attrs ...slog.Attr) string {
	const before, after = `{"level":"INFO",`, "}\n"
	var line bytes.Buffer
	var h slog.Handler = slog.NewJSONHandler(&line, nil)
	for _, step := range j.again {
		h = step(h)
	}
	record := slog.NewRecord(time.Time{}, slog.LevelInfo, msg, 0)
	record.AddAttrs(attrs...)
	_ = h.Handle(context.Background(), record) //nolint:forbidigo // a handler that writes to memory asks nothing of it
	text, plain := bytes.CutSuffix(bytes.TrimPrefix(line.Bytes(), []byte(before)), []byte(after))
	if !plain || bytes.HasSuffix(text, []byte("}")) {
		return "" // in a group
	}
	return string(text)
}

// Line writes a line of this level as it is, which is a whole object and a newline. The line is
// the caller's again then.
func (j *JSON) Line(level slog.Level, line []byte) error {
	if err := j.out.add(line); err != nil {
		return err
	}
	return j.out.minding(level)
}
