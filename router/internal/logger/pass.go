package logger

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"switchyard/shared/config"
)

// Pass returns what takes lines of another process's log, in JSON, into the log l, which
// [New] made with out and c. Lines of JSON stay as they are.
func Pass(ctx context.Context, l *slog.Logger, out io.Writer, c config.Server) func(line []byte) {
	if !isText(out, c) {
		to := batch(out)
		return func(line []byte) {
			_ = to.add(append(bytes.Clone(line), '\n')) // there is nobody to tell
			if !isOrdinary(line) {
				_ = to.Flush()
			}
		}
	}
	return func(line []byte) {
		if r, err := record(line); err == nil && l.Enabled(ctx, r.Level) {
			_ = l.Handler().Handle(ctx, r) // there is nobody to tell
		}
	}
}

// isOrdinary reports whether a line that a slog.JSONHandler has written is surely none of a warning
// or an error.
func isOrdinary(line []byte) bool {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		if bytes.Contains(line, []byte(`,"`+slog.LevelKey+`":"`+level.String()+`",`)) {
			return true
		}
	}
	return false
}

// record reads a line that a slog.JSONHandler has written.
func record(line []byte) (slog.Record, error) {
	var r slog.Record
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if _, err := d.Token(); err != nil { // {
		return r, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return r, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return r, err
		}
		text, _ := value.(string)
		switch key {
		case slog.TimeKey:
			r.Time, _ = time.Parse(time.RFC3339Nano, text)
		case slog.LevelKey:
			_ = r.Level.UnmarshalText([]byte(text))
		case slog.MessageKey:
			r.Message = text
		default:
			name, _ := key.(string)
			r.AddAttrs(slog.Any(name, value))
		}
	}
	return r, nil
}
