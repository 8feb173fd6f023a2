package routertest

import (
	"bytes"
	"encoding/json"
	"net"
	"strings"
	"sync"
)

// Output collects what a router prints.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String returns all of it.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// address returns the URL in the line that says where the router listens.
func (o *Output) address() string {
	for line := range strings.Lines(o.String()) {
		var entry struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
			if _, port, err := net.SplitHostPort(entry.Address); err == nil {
				return "http://127.0.0.1:" + port
			}
		}
	}
	return ""
}
