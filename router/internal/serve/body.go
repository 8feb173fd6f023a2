package serve

import (
	"maps"
	"net/http"
	"strconv"

	"switchyard/internal/coding"
	"switchyard/router/internal/serve/joined"
)

// body is the answer's, on its way out. Its header is held until the body is known to be
// large enough to be compressed, and the body of a page with it; one that is to have a tag
// made from it until it is whole.
type body struct {
	head   bool // it answers HEAD: nobody gets it
	single bool // it is written in one piece
	tagged bool // it is to have an ETag
	held   bool
	work   *work // nil while there is none to do
}

// work holds the bytes of a body and its compressor. The host keeps it for later requests.
type work struct {
	room   [coding.MinSize]byte
	bytes  []byte // that are held
	coding coding.Coding
	writer coding.Writer // nil if the body is not compressed, or for nobody
}

// compressed reports whether the body is compressed.
func (b *body) compressed() bool { return b.work != nil && b.work.coding != coding.Identity }

func (b *body) flush() error {
	if b.work == nil || b.work.writer == nil {
		return nil
	}
	return b.work.writer.Flush()
}

// bytes returns those that are held.
func (b *body) bytes() []byte {
	if b.work == nil {
		return nil
	}
	return b.work.bytes
}

// work returns what x's body needs.
func (x *exchange) work() *work {
	if x.body.work == nil {
		x.body.work, _ = x.host.works.Get().(*work)
		if x.body.work == nil {
			x.body.work = &work{}
		}
	}
	return x.body.work
}

// Header returns the answer's header. One that is held goes out when somebody asks for
// it again after WriteHeader: what is changed then comes too late, as in net/http.
func (x *exchange) Header() http.Header {
	x.running.writing.Lock()
	defer x.running.writing.Unlock()
	if x.running.shut {
		return http.Header{} // of no answer
	}
	if x.body.held {
		x.release(nil, false)
	}
	return x.header()
}

// header is the answer's: that of the connection, or one of the function's own.
func (x *exchange) header() http.Header {
	if x.running.header != nil {
		return x.running.header
	}
	return x.ResponseWriter.Header()
}

// publish makes the header that of the connection, if it is not yet.
func (x *exchange) publish() {
	if x.running.header != nil {
		public := x.ResponseWriter.Header()
		clear(public)
		maps.Copy(public, x.running.header)
	}
}

// holds decides whether to hold the header back, which is ready.
func (x *exchange) holds() bool {
	switch x.status {
	case http.StatusSwitchingProtocols, http.StatusNoContent, http.StatusNotModified, http.StatusPartialContent:
		return false
	}
	h := x.header()
	if length := h["Content-Length"]; len(length) == 1 && !x.body.tagged {
		size, err := strconv.Atoi(length[0])
		if x.answer.bars(size) {
			x.body.held = true // another answer takes its place
			return true
		}
		x.compress(h, err == nil && size >= coding.MinSize)
		return false
	}
	x.body.held = true
	return true
}

// hold keeps p, which the function writes, and reports whether it does.
func (x *exchange) hold(p []byte) bool {
	limit := coding.MinSize - 1
	switch {
	case x.body.tagged:
		limit = maxTagged
	case x.body.single:
		return false
	}
	if len(x.body.bytes())+len(p) > limit {
		return false
	}
	w := x.work()
	if w.bytes == nil {
		w.bytes = w.room[:0]
	}
	w.bytes = append(w.bytes, p...)
	return true
}

// release sends what is held. next is what will be written after that, as far as it is
// known; whole says that nothing will follow.
func (x *exchange) release(next []byte, whole bool) {
	x.body.held = false
	held, h := x.body.bytes(), x.header()
	if whole && x.body.tagged && x.status == http.StatusOK {
		held = x.tag(h, held)
	}
	// How large it will be is known of an endpoint, which writes its body in one piece, and
	// of what has ended; what else comes to here is compressed, however little will follow.
	unknown := !whole && (!x.body.single || len(next) == 0)
	if unknown || len(held)+len(next) >= coding.MinSize {
		sniff(h, held, next)
		x.compress(h, true)
	}
	x.send()
	if len(held) > 0 {
		_, _ = x.write(held) // the function will hear of it, if it goes on
	}
}

// send sends the header.
func (x *exchange) send() {
	h := x.header()
	if x.cors != nil {
		x.cors.addTo(h, x.request["Origin"])
	}
	if x.status == http.StatusNotModified {
		x.weaken(h)
	}
	x.running.sent = true
	x.publish()
	x.ResponseWriter.WriteHeader(x.status)
}

// write writes p to the client, in the body's coding.
func (x *exchange) write(p []byte) (int, error) {
	if !x.body.compressed() {
		return sink{x}.Write(p)
	}
	if z := x.body.work.writer; z != nil {
		return z.Write(p)
	}
	return len(p), nil
}

// sink writes to the connection, and counts the bytes.
type sink struct{ x *exchange }

func (s sink) Write(p []byte) (n int, err error) {
	if size := roomFor(len(p)); size >= 0 && s.x.isWhole(p) {
		if conn := joined.Of(s.x.running.asked); conn != nil {
			return s.x.writeWhole(conn, size, p)
		}
	}
	n, err = s.x.ResponseWriter.Write(p)
	s.x.bytes += int64(n)
	return n, err
}

// finish sends what is left of the answer. One that broke off gets no end.
func (x *exchange) finish(broken bool) {
	if x.body.held && !broken {
		x.release(nil, true)
	}
	if !broken {
		x.publish() // what it has of trailers
	}
	w := x.body.work
	if w == nil {
		return
	}
	if w.writer != nil {
		if !broken {
			_ = w.writer.Close() // a client that is gone cannot be told
		}
		x.host.codings.Put(w.coding, w.writer)
	}
	x.body.work = nil
	w.bytes, w.coding, w.writer = nil, coding.Identity, nil
	x.host.works.Put(w)
}
