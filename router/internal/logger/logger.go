// Package logger makes the program's logger, of which every line, whatever strangers and
// functions put into it, is one line of bounded length without the secrets that URLs carry:
//
//	default   what functions log: whose request or run it is     named.go
//	handler   JSON for machines, text for people                 logger.go
//	lines     no secrets in URLs, no more than MaxLine bytes     lines.go url.go shorten.go
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
// writes each line to out at once.
func New(out io.Writer, c config.Server) *slog.Logger {
	terminal := IsTerminal(out)
	if c.LogFormat == "text" || (c.LogFormat == "auto" && terminal) {
		return slog.New(tint.NewHandler(lines{out}, &tint.Options{
			Level:      c.LogLevel,
			TimeFormat: time.TimeOnly,
			NoColor:    !terminal,
		}))
	}
	return slog.New(slog.NewJSONHandler(lines{out}, &slog.HandlerOptions{Level: c.LogLevel}))
}

// ForFunctions returns l for functions, which have it as slog's default: a line that is
// logged with a context says whose request, or which run, it is about.
func ForFunctions(l *slog.Logger) *slog.Logger { return slog.New(named{Handler: l.Handler()}) }

// IsTerminal reports whether w is a terminal. /dev/null is none.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
