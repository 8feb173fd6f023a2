package live

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// slowest is how long a client may take for what is written at once.
const slowest = 20 * time.Second

// ServeEvents sends the messages of these topics to r's client as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), until it goes, its session
// ends, or r's context does. Who may hear of a topic is for the caller to know.
//
// The data of an event is {"id", "topic", "name", "data"}. A client that comes back with the id of
// the last event (Last-Event-ID, or the query's last) gets what it has missed, on any replica. If
// that is too long ago, or too much, the event "again" tells it to load anew what it shows. The
// event "signed-out" tells it that its session has ended, and that it need not come again; to HEAD
// that is answered with 401.
//
// It is for pages with Stream, with a long Timeout and room in MaxConcurrent.
func (h *Hub) ServeEvents(w http.ResponseWriter, r *http.Request, topics ...Topic) {
	s := h.open(w, r, topics)
	if s == nil {
		return
	}
	defer h.leave(s)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes each event on at once
	if r.Method == http.MethodHead {
		if s.signedOut() {
			w.WriteHeader(http.StatusUnauthorized)
		}
		return
	}
	begin(w)
	// Clients whose replica goes come back over some seconds, not all at once.
	send(r.Context(), s, &eventWriter{w: w, first: "retry: " + strconv.Itoa(1000+rand.IntN(4000)) + "\n"}) //nolint:gosec // no secret
}

// begin sends the header: a host may keep the beginning of what follows, to see whether it is long.
// One that can holds little from then on. If it fails, so does the next write.
func begin(w http.ResponseWriter) {
	if host, ok := w.(interface{ Idle() error }); ok {
		_ = host.Idle()
	} else {
		_ = http.NewResponseController(w).Flush()
	}
}

// writer sends to one client, at once.
type writer interface{ write(p part) error }

// send sends what there is for s, until one of both ends.
func send(ctx context.Context, s *stream, to writer) {
	for pass(s, to) {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// pass sends what there is now, and reports whether s goes on.
func pass(s *stream, to writer) bool {
	p := s.take()
	return to.write(p) == nil && p.ended == nil
}

// eventWriter writes server-sent events.
type eventWriter struct {
	w     http.ResponseWriter
	first string    // what comes before all events; "" once it is sent
	short [128]byte // room for what is written, if it is short: a heartbeat allocates nothing
}

// maxBuffer is how much of what is to be written stands in memory a second time, in bytes, but for
// the last message of it.
const maxBuffer = 32 << 10

func (e *eventWriter) write(p part) error {
	control := http.NewResponseController(e.w)
	_ = control.SetWriteDeadline(time.Now().Add(slowest)) // of a writer that has none, the client waits for us
	b := append(e.short[:0], e.first...)
	e.first = ""
	if p.again {
		b = append(b, "event: again\ndata: {}\n\n"...)
	}
	for _, g := range p.segments {
		for i, m := range g.messages {
			b = append(b, "id: "...)
			if i == len(g.messages)-1 {
				b = g.to.appendTo(b)
			} else {
				b = place{g.from, g.to, m.id}.appendTo(b)
			}
			b = append(append(append(b, "\ndata: "...), m.text...), "\n\n"...)
			if len(b) < maxBuffer {
				continue
			}
			if _, err := e.w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	if p.ended == errEnded { //nolint:errorlint // it is never wrapped
		b = append(b, "event: signed-out\ndata: {}\n\n"...)
	} else {
		b = append(p.at.appendTo(append(b, "id: "...)), "\n\n"...) // an event without data, which only sets the id
	}
	_, err := e.w.Write(b)
	return errors.Join(err, control.Flush())
}
