package serve

import (
	"context"
	"errors"
	"io"
	"net"
)

// received is a request's body, as the function reads it. It remembers how reading ended:
// what a function makes of half a body is no answer.
type received struct {
	io.ReadCloser

	limit, remaining int64 // bytes
	over             bool  // more than the limit was read
	broken           bool  // the client went away
}

// Read implements [io.Reader].
func (b *received) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.remaining -= int64(n); b.remaining < 0 {
		b.over = true
	}
	if err != nil && err != io.EOF && isGone(err) {
		b.broken = true
	}
	return n, err
}

// isGone reports whether err, which reading a body came to, is about a client that is
// gone, rather than about one that is slow or sends what it may not.
func isGone(err error) bool {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return false
	}
	var broken *net.OpError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) || errors.As(err, &broken)
}
