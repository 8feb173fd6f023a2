package serve

import (
	"context"
	"errors"
	"io"
	"net"
)

// body is a request's body. It remembers whether the client went away while it was read,
// which the handler may answer as it likes: nobody hears it.
type body struct {
	io.ReadCloser
	broken bool
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
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
