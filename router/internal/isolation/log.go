package isolation

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
)

// How a log names a function, the best last.
const (
	unnamed  = ""
	requests = "requests" // lines that each call has, bad or not
	warning  = "warning"  // a line of level WARN or ERROR
	trace    = "trace"    // what Go prints when it ends a process
)

// watcher reads what a router prints, and looks for the name of a function. It is an
// io.Writer.
type watcher struct {
	next io.Writer // gets it all; may be nil

	mu       sync.Mutex
	name     string // "" looks for nothing
	rest     []byte // of a line that has not ended
	found    string
	evidence string // the first line of that kind
}

// mostLine bounds what is kept of a line.
const mostLine = 1 << 20

// watch looks for name from now on.
func (w *watcher) watch(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.name = name
}

// Write implements io.Writer.
func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next != nil {
		_, _ = w.next.Write(p) // that nobody reads it is no reason to stop
	}
	w.rest = append(w.rest, p...)
	for {
		line, rest, whole := bytes.Cut(w.rest, []byte("\n"))
		if !whole {
			break
		}
		w.line(line)
		w.rest = rest
	}
	if len(w.rest) > mostLine {
		w.rest = nil
	}
	return len(p), nil
}

// line looks at one line. w.mu is held.
func (w *watcher) line(line []byte) {
	if w.name == "" || !bytes.Contains(line, []byte(w.name)) {
		return
	}
	if kind := kindOf(line); rank(kind) > rank(w.found) {
		w.found, w.evidence = kind, shorten(string(line))
	}
}

// outcome returns how the log has named the function, and a line that does.
func (w *watcher) outcome() (found, evidence string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found, w.evidence
}

// kindOf returns what sort of line this is.
func kindOf(line []byte) string {
	var record struct{ Level string }
	if json.Unmarshal(line, &record) != nil || record.Level == "" {
		return trace
	}
	if record.Level == "WARN" || record.Level == "ERROR" {
		return warning
	}
	return requests
}

// rank returns how good a kind of line is.
func rank(kind string) int { return slices.Index([]string{unnamed, requests, warning, trace}, kind) }

// shorten returns the beginning of a line.
func shorten(line string) string {
	const most = 300
	line = strings.TrimSpace(line)
	return line[:min(len(line), most)]
}
