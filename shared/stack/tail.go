package stack

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// How much of a server's output is kept for messages.
const (
	tailLines = 20
	tailBytes = 8 << 10
)

// tail passes on what is written to it and remembers the end of it. What next
// fails to write is lost: a server must not die of its log.
type tail struct {
	next io.Writer

	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	_, _ = t.next.Write(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// has reports whether text is in the part that is remembered.
func (t *tail) has(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.text, []byte(text))
}

// String returns the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimRight(t.text, "\n"), []byte("\n"))
	if over := len(lines) - tailLines; over > 0 {
		lines = lines[over:]
	}
	return "  " + strings.TrimSpace(string(bytes.Join(lines, []byte("\n  "))))
}
