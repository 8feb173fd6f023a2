package logger

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// MaxLine bounds a line of the log, in bytes, its newline included.
const MaxLine = 8 << 10

// more stands for what was left out of a line.
const more = "…"

// lines passes on to out what handlers write: a line a call.
type lines struct{ out io.Writer }

// Write implements [io.Writer].
func (l lines) Write(p []byte) (int, error) {
	line := withoutSecrets(p)
	if len(line) > MaxLine {
		line = shorten(line)
	}
	if _, err := l.out.Write(line); err != nil {
		return 0, err
	}
	return len(p), nil
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
