package live

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"

	"switchyard/shared/auth"
)

// Why streams end.
var (
	errSlow  = errors.New("the client reads too slowly")
	errEnded = errors.New("the session has ended")
)

// The bounds of what is held for one stream.
const (
	// What waits for a client that reads slowly. Past it the stream ends, and the client comes again
	// for what it has missed.
	maxWaiting      = 1000    // messages
	maxWaitingBytes = 1 << 20 // of them
	// What comes at once: what a client has missed that comes again, and what is committed together.
	// Of more it is told to load all anew.
	maxMissed      = 5000    // messages
	maxMissedBytes = 2 << 20 // of them
)

// stream is what a client is sent. The hub puts messages in, in order, and the client's own
// goroutine takes them out.
type stream struct {
	caller   string
	session  string        // its id
	sessions auth.Sessions // tell whether that has ended; nil if nobody can
	topics   []Topic
	start    cursor        // what was there before it began
	turn     int           // of its heartbeat
	wake     chan struct{} // gets a value when there is something to take, and for each heartbeat

	coming []encoded // for the hub alone: messages of what it is reading

	mu      sync.Mutex
	waiting []segment
	count   int                // of messages that wait
	size    int                // of them, in bytes
	at      cursor             // after them
	seen    map[int64]struct{} // messages that are coming, and that the client has got elsewhere
	again   bool               // messages are missing before them
	ended   error              // why it ends, once what waits is sent; nil while it goes on
}

// segment is the messages on the way from one cursor to the next.
type segment struct {
	from, to cursor
	messages []encoded
}

// encoded is a message as clients get it: one line of JSON.
type encoded struct {
	id   int64
	text []byte
}

// newStream returns the stream of who calls in ctx.
func newStream(ctx context.Context, topics []Topic, at cursor) *stream {
	return &stream{
		caller: auth.Caller(ctx), session: auth.SessionFrom(ctx).ID, sessions: auth.SessionsFrom(ctx),
		topics: topics, start: at, at: at, turn: rand.IntN(turns), wake: make(chan struct{}, 1), //nolint:gosec // no secret
	}
}

// part is what has been taken out of a stream.
type part struct {
	segments []segment
	at       cursor
	again    bool
	ended    error
}

// take returns all that waits. For a session that has ended that is nothing.
func (s *stream) take() part {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := part{s.waiting, s.at, s.again, s.ended}
	s.waiting, s.count, s.size, s.again = nil, 0, 0, false
	if p.ended == errEnded { //nolint:errorlint // it is never wrapped
		return part{ended: errEnded}
	}
	return p
}

// put adds the messages that were coming, up to the cursor next. If they are too many at once, it
// notes a gap in their place. If too much waits with them, the stream ends, and put reports false.
func (s *stream) put(next cursor) bool {
	messages := s.coming
	s.coming = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return true
	}
	added := segment{s.at, next, s.unseen(messages)}
	count, size := len(added.messages), added.size()
	switch {
	case count > maxMissed || size > maxMissedBytes:
		s.skip(next)
	case s.count > 0 && (s.count+count > maxWaiting || s.size+size > maxWaitingBytes):
		s.end(errSlow)
		return false
	default:
		s.waiting, s.at = append(s.waiting, added), next
		s.count, s.size = s.count+count, s.size+size
		s.awake()
	}
	return true
}

func (g segment) size() (bytes int) {
	for _, m := range g.messages {
		bytes += len(m.text)
	}
	return bytes
}

// resume puts what the client has missed before the stream began in front of what came since, and
// leaves out what it has got elsewhere, by the ids in ahead.
func (s *stream) resume(missed []segment, ahead map[int64]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = ahead
	for i := range s.waiting {
		s.waiting[i].messages = s.unseen(s.waiting[i].messages)
	}
	s.waiting = append(missed, s.waiting...)
}

// unseen returns the messages without those that the client has got elsewhere, of which each comes
// once.
func (s *stream) unseen(messages []encoded) []encoded {
	if len(s.seen) == 0 {
		return messages
	}
	return slices.DeleteFunc(messages, func(m encoded) bool {
		_, seen := s.seen[m.id]
		delete(s.seen, m.id)
		return seen
	})
}

// gap notes that messages are missing, so that the client is told to load all anew.
func (s *stream) gap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = true
	s.awake()
}

// restart notes a gap, after which what comes begins at c.
func (s *stream) restart(c cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skip(c)
}

// skip leaves out what waits and what follows it up to c: a page that loads all anew sees what became of it.
func (s *stream) skip(c cursor) {
	s.waiting, s.count, s.size = nil, 0, 0
	s.again, s.at = true, c
	s.awake()
}

// beat has the stream send something. If nothing waits, it has got all there was for it up to c.
func (s *stream) beat(c cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 && s.ended == nil {
		s.at = c
	}
	s.awake()
}

// signedOut reports whether the stream has ended with its session.
func (s *stream) signedOut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended == errEnded //nolint:errorlint // it is never wrapped
}

// stop ends the stream, for this reason.
func (s *stream) stop(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.end(why)
	}
}

func (s *stream) end(why error) {
	s.ended = why
	s.awake()
}

func (s *stream) awake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (m message) encode() encoded {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // PostgreSQL keeps valid JSON alone
	}
	return encoded{m.ID, text}
}
