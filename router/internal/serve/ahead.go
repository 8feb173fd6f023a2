package serve

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve/overload"
)

// maxAhead bounds the part of a body that is received before its call takes a place among
// those that run. What follows it streams to the function.
const maxAhead = 64 << 10

// receive receives the first part of r's body, so that a client which sends it slowly, or
// never, takes no place from others. If it reports false, r has been answered.
//
// A page whose answer streams may talk with its client in turns: it gets its body as it comes.
// So does a function whose client asks whether to send a large one: net/http closes the
// connection of a body that has begun and is not read to its end, and the answer may be lost.
func (g *guard) receive(x *exchange, r *http.Request) bool {
	if !hasBody(r) {
		return true
	}
	x.received.ReadCloser, x.received.limit, x.received.remaining = r.Body, g.info.MaxBody, g.info.MaxBody
	x.received.from = x
	if g.info.Stream || r.Header["Expect"] != nil && (r.ContentLength < 0 || r.ContentLength > maxAhead) {
		return true
	}
	client := x.client(r)
	if !x.host.bodies.Enter(client) {
		x.giveUp(r)
		g.shed(x, r, overload.Crowded)
		return false
	}
	defer x.host.bodies.Leave(client)
	err := x.received.readAhead(&x.host.buffers, int(min(maxAhead-1, g.info.MaxBody)+1))
	if err == nil {
		return true
	}
	x.giveUp(r)
	x.fail(r, answer.OfBody(err))
	return false
}

// giveUp has the server close the connection after the answer, rather than wait for the rest
// of the body. On HTTP/2 others share the connection, and the server resets the stream.
func (x *exchange) giveUp(r *http.Request) {
	if r.ProtoMajor > 1 {
		return
	}
	x.ResponseWriter.Header().Set("Connection", "close")
	readUntil(x.ResponseWriter, x.start)
}

// readAhead reads up to limit bytes of the body, for Read to return first. It returns an error
// if they did not arrive; one about what was sent is left to Read.
func (b *received) readAhead(pool *buffers, limit int) error {
	a := &b.ahead
	n := 0
	a.buffer = pool.get(0)
	for n < limit && a.end == nil {
		if n == len(a.buffer.bytes) {
			a.buffer = pool.grow(a.buffer)
		}
		var m int
		m, a.end = b.receive(a.buffer.bytes[n:min(len(a.buffer.bytes), limit)])
		n += m
	}
	a.rest = a.buffer.bytes[:n]
	switch slow, _ := errors.AsType[net.Error](a.end); {
	case a.end == nil || errors.Is(a.end, io.EOF):
		return nil
	case slow != nil && slow.Timeout():
		return a.end
	case isGone(a.end):
		b.broken = true
		return a.end
	}
	return nil
}

// ahead is what was received of a body before its call began. A function may go on reading
// after its call has ended, but not in a buffer that has another call's body in it by then.
type ahead struct {
	mu     sync.Mutex
	buffer *buffer // nil if there is none, or none any more
	rest   []byte  // of what is in it
	end    error   // what followed it; nil if more of the body does
}

// read reads what is left; false if that is nothing.
func (a *ahead) read(p []byte) (n int, err error, some bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n = copy(p, a.rest)
	if a.rest = a.rest[n:]; len(a.rest) == 0 {
		err = a.end
	}
	return n, err, n > 0 || err != nil
}

// drop gives the buffer back to pool.
func (a *ahead) drop(pool *buffers) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.buffer != nil {
		pool.put(a.buffer)
		a.buffer, a.rest, a.end = nil, nil, http.ErrBodyReadAfterClose
	}
}
