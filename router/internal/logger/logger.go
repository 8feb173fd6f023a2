// Package logger makes the program's logger, of which every line, whatever strangers and
// functions put into it, is one line of bounded length without the secrets that URLs carry:
//
//	default   what functions log: whose request or run it is     named.go
//	handler   JSON for machines, text for people                 logger.go json.go
//	lines     no secrets in URLs, no more than MaxLine bytes     lines.go url.go shorten.go
//	batch     many lines with one call of the system             batch.go
package logger

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"switchyard/shared/config"
)

// New returns the logger that c describes: JSON lines for machines, text for people. It
// writes each line to out at once, unless out is a [Batch], which may keep it for a moment.
func New(out io.Writer, c config.Server) *slog.Logger {
	to := lines{batch(out)}
	if isText(out, c) {
		return slog.New(tint.NewHandler(to, &tint.Options{
			Level:      c.LogLevel,
			TimeFormat: time.TimeOnly,
			NoColor:    !IsTerminal(out),
		}))
	}
	return slog.New(newJSON(to, &slog.HandlerOptions{Level: c.LogLevel}))
}

// isText reports whether lines are for people.
func isText(out io.Writer, c config.Server) bool {
	return c.LogFormat == "text" || (c.LogFormat == "auto" && IsTerminal(out))
}

// ForFunctions returns l for functions, which have it as slog's default: a line that is
// logged with a context says whose request, or which run, it is about.
func ForFunctions(l *slog.Logger) *slog.Logger { return slog.New(named{Handler: l.Handler()}) }

// IsTerminal reports whether w is a terminal, or writes to one. /dev/null is none.
func IsTerminal(w io.Writer) bool {
	if b, ok := w.(*Batch); ok {
		w = b.out
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
