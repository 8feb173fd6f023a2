package live

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	heartbeat = 25 * time.Second // shorter than what proxies wait for
	// slowest is how long a client may take for what is written at once.
	slowest = 20 * time.Second
)

// ServeEvents sends the messages of these topics to r's client as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), until it goes, its session
// ends, or r's context does. Who may hear of a topic is for the caller to know.
//
// The data of an event is {"id", "topic", "name", "data"}. A client that comes back with the id of
// the last event (Last-Event-ID, or the query's last) gets what it has missed, on any replica. If
// that is too long ago, or too much, the event "again" tells it to load anew what it shows. The
// event "signed-out" tells it that its session has ended, and that it need not come again.
//
// It is for pages with Stream, with a long Timeout and room in MaxConcurrent.
func (h *Hub) ServeEvents(w http.ResponseWriter, r *http.Request, topics ...Topic) {
	s, err := h.subscribe(r.Context(), topics)
	if err != nil {
		refuse(w, r, err)
		return
	}
	defer h.leave(s)
	if err := h.resume(r.Context(), s, lastID(r)); err != nil {
		refuse(w, r, err)
		return
	}
	e := &eventWriter{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes each event on at once
	if r.Method == http.MethodHead {
		return // who asks whether there is a stream
	}
	// Clients whose replica goes come back over some seconds, not all at once.
	e.buffer = append(e.buffer, "retry: "+strconv.Itoa(1000+rand.IntN(4000))+"\n"...) //nolint:gosec // no secret
	h.send(r.Context(), s, e)
}

// writer sends to one client, at once.
type writer interface{ write(p part) error }

// send sends what there is for s, until one of both ends.
func (h *Hub) send(ctx context.Context, s *stream, to writer) {
	p := s.take()
	err := to.write(p)
	beats := time.NewTicker(heartbeat)
	defer beats.Stop()
	for err == nil && p.ended == nil {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			p = s.take()
			err = to.write(p)
		case <-beats.C:
			h.catchUp(s)
			p = s.take()
			err = to.write(p)
		}
	}
}

// lastID returns what the client has seen, as it says.
func lastID(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return r.URL.Query().Get("last")
}

// resume puts before what comes what the client has missed since it had the id last.
func (h *Hub) resume(ctx context.Context, s *stream, last string) error {
	if last == "" {
		return nil
	}
	at, ok := parsePlace(last)
	if ok {
		end, err := h.ahead(ctx, at.to, s.start)
		if err != nil {
			return err
		}
		ok = at.to.resumes(end)
	}
	if !ok {
		s.gap()
		return nil
	}
	missed, ahead, ok, err := h.between(ctx, at, s)
	switch {
	case err != nil:
		return err
	case !ok:
		s.gap()
	default:
		s.resume(missed, ahead)
	}
	return nil
}

// between returns what leads from the place of a client to the beginning of its stream: the rest of
// the way that it was on, and the way from there; false if that is too much. For ahead, see
// [cursor.until].
func (h *Hub) between(ctx context.Context, at place, s *stream) (missed []segment, ahead map[int64]struct{}, ok bool, err error) {
	rest, _, ok, err := at.from.until(ctx, h.db, at.to, s.topics, at.id, maxMissed)
	if err != nil || !ok {
		return nil, nil, ok, err
	}
	way, ahead, ok, err := at.to.until(ctx, h.db, s.start, s.topics, 0, maxMissed-len(rest))
	if err != nil || !ok {
		return nil, nil, ok, err
	}
	return append(newSegment(at.from, at.to, rest), newSegment(at.to, s.start, way)...), ahead, true, nil
}

// newSegment returns the segment of these messages; none if there are none.
func newSegment(from, to cursor, messages []message) []segment {
	if len(messages) == 0 {
		return nil
	}
	g := segment{from: from, to: to}
	for _, m := range messages {
		g.messages = append(g.messages, m.encode())
	}
	return []segment{g}
}

// ahead returns the later one of two cursors: start, or that of now if from comes from a replica
// that has read more than this one.
func (h *Hub) ahead(ctx context.Context, from, start cursor) (cursor, error) {
	if from.xmax() <= start.xmax() {
		return start, nil
	}
	return current(ctx, h.db)
}

// refuse answers a client that gets no stream.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	fn.Report(r.Context(), err)
	f := fault.Of(err)
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, errFrozen):
		status = http.StatusNotImplemented
	case f.Kind == fault.TooMany:
		status = http.StatusTooManyRequests
	case f.Kind == fault.Unavailable:
		status = http.StatusServiceUnavailable
	}
	if status != http.StatusNotImplemented && status != http.StatusInternalServerError {
		w.Header().Set("Retry-After", strconv.Itoa(5+rand.IntN(10))) //nolint:gosec // no secret
	}
	http.Error(w, f.Message, status)
}

// eventWriter writes server-sent events.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buffer  []byte
}

func (e *eventWriter) write(p part) error {
	b := e.buffer
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
		}
	}
	if p.ended == errEnded { //nolint:errorlint // it is never wrapped
		b = append(b, "event: signed-out\ndata: {}\n\n"...)
	}
	b = append(p.at.appendTo(append(b, "id: "...)), "\n\n"...) // an event without data, which only sets the id
	_ = e.control.SetWriteDeadline(time.Now().Add(slowest))    // of a writer that has none, the client waits for us
	_, err := e.w.Write(b)
	e.buffer = nil // idle clients hold no memory
	return errors.Join(err, e.control.Flush())
}
