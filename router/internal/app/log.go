package app

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"

	"switchyard/shared/config"
)

// NewLogger returns a program's logger: JSON lines for machines, text for people.
func NewLogger(out io.Writer, c config.Server) *slog.Logger {
	if c.LogFormat == "text" || (c.LogFormat == "auto" && IsTerminal(out)) {
		return slog.New(tint.NewHandler(out, &tint.Options{
			Level:      c.LogLevel,
			TimeFormat: time.TimeOnly,
			NoColor:    !IsTerminal(out),
		}))
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: c.LogLevel}))
}

// IsTerminal reports whether w is a terminal, or looks like one.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
