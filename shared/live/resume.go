package live

import (
	"context"
	"net/http"
)

// room is how much a client that comes again can still get of what it has missed.
type room struct{ messages, bytes int }

// take makes it smaller by a message of this size, and reports whether there was room for it.
func (r *room) take(size int) bool {
	r.messages--
	r.bytes -= size
	return r.messages >= 0 && r.bytes >= 0
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

// ahead returns the later one of two cursors: start, or that of now if from comes from a replica
// that has read more than this one.
func (h *Hub) ahead(ctx context.Context, from, start cursor) (cursor, error) {
	if from.xmax() <= start.xmax() {
		return start, nil
	}
	return current(ctx, h.db)
}

// between returns what leads from the place of a client to the beginning of its stream: the rest of
// the way that it was on, and the way from there; false if that is too much. For ahead, see
// [cursor.until].
func (h *Hub) between(ctx context.Context, at place, s *stream) (missed []segment, ahead map[int64]struct{}, ok bool, err error) {
	left := room{maxMissed, maxMissedBytes}
	rest, _, ok, err := at.from.until(ctx, h.db, at.to, s.topics, at.id, &left)
	if err != nil || !ok {
		return nil, nil, ok, err
	}
	way, ahead, ok, err := at.to.until(ctx, h.db, s.start, s.topics, 0, &left)
	if err != nil || !ok {
		return nil, nil, ok, err
	}
	for _, g := range []segment{{at.from, at.to, rest}, {at.to, s.start, way}} {
		if len(g.messages) > 0 {
			missed = append(missed, g)
		}
	}
	return missed, ahead, true, nil
}
