package process

import (
	"bytes"
	"io"
	"sync"
)

// tail passes on what is written to it and remembers the end of it. What next
// fails to write is lost: a process must not die of its log.
type tail struct {
	next  io.Writer // may be nil
	limit int       // of what is remembered, in bytes

	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	if t.next != nil {
		_, _ = t.next.Write(b)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - t.limit; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// String returns what is remembered.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(bytes.TrimSpace(t.text), nil))
}
