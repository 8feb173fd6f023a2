package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// received is a request's body, as the function reads it. It remembers how reading ended:
// what a function makes of half a body is no answer.
type received struct {
	io.ReadCloser

	from             *exchange
	ahead            ahead       // what was read before the function began
	limit, remaining int64       // bytes
	over             bool        // more than the limit was read
	broken           bool        // the client went away
	ended            atomic.Bool // there is no more of it for the function, which was given up
}

// Read implements [io.Reader].
func (b *received) Read(p []byte) (int, error) {
	if b.ended.Load() {
		return 0, http.ErrHandlerTimeout
	}
	n, err, some := b.ahead.read(p)
	if !some {
		n, err = b.receive(p)
	}
	if b.ended.Load() { // the rest of it may be missing in between
		return 0, http.ErrHandlerTimeout
	}
	if b.remaining -= int64(n); b.remaining < 0 {
		b.over = true
	}
	if err != nil && !errors.Is(err, io.EOF) && isGone(err) {
		b.broken = true
	}
	return n, err
}

// receive reads what has not been read ahead. Once all of it has arrived, there is no deadline
// for it any more: see readUntil.
func (b *received) receive(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		readUntil(b.from, time.Time{})
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
