// Package durabletest has what the tests of package durable and of those below it share: an
// Inngest server, jobs that count what happens in them, and processes that take part in a
// registration.
package durabletest

import (
	"bytes"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/internal/stack"
)

// Must ends the test if there is an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Within waits until happened is closed.
func Within(t *testing.T, what string, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(await.Patience):
		t.Errorf("waited in vain until %s", what)
	}
}

// FreePort returns a port that nobody listens on.
func FreePort(t *testing.T) string {
	t.Helper()
	port, err := stack.FreePort()
	Must(t, err)
	return strconv.Itoa(port)
}

// Log writes to the test's log.
func Log(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// SyncBuffer is a log that is read while it is written.
type SyncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements [io.Writer].
func (b *SyncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns what was written.
func (b *SyncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
