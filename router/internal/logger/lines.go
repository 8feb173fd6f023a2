package logger

import (
	"bytes"
	"log/slog"
	"unicode/utf8"
)

// MaxLine bounds a line of the log, in bytes, its newline included.
const MaxLine = 8 << 10

// more stands for what was left out of a line.
const more = "…"

// lines passes on to out what handlers write: a line a call.
type lines struct{ out *Batch }

// Write implements [io.Writer].
func (l lines) Write(p []byte) (int, error) {
	if err := l.add(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (l lines) add(line []byte) error {
	if hasURL(line) || len(line) > MaxLine {
		return l.out.add(fit(bytes.Clone(line)))
	}
	return l.out.add(line)
}

// fit returns a line without secrets, and no longer than MaxLine.
func fit(line []byte) []byte {
	if line = withoutSecrets(line); len(line) > MaxLine {
		line = shorten(line)
	}
	return line
}

// minding sees to it that a line of this level is written, if it has to be at once.
func (l lines) minding(level slog.Level) error {
	if level < slog.LevelWarn {
		return nil
	}
	return l.out.Flush()
}

// shorten returns what MaxLine bytes can hold of a line. JSON stays JSON.
func shorten(line []byte) []byte {
	if line[0] == '{' {
		if short, ok := shortenJSON(line); ok {
			return short
		}
	}
	end := MaxLine - len(more) - 1
	for end > 0 && !utf8.RuneStart(line[end]) {
		end--
	}
	return append(append(bytes.Clone(line[:end]), more...), '\n')
}
