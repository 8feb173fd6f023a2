// Package live tells pages and other clients what happens, on whichever replica it happens.
//
// Whoever changes something publishes a message to a topic, within the transaction of the
// change; whoever shows it subscribes to the topic:
//
//	err := live.Publish(ctx, tx, live.User(owner), "file", change)         // in a function or a service
//
//	func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {  // a page with Stream
//		f.Live.ServeEvents(w, r, live.User(auth.UserFrom(r.Context()).ID))
//	}
//
// PostgreSQL carries the messages: they stand for some minutes in the table live_message, and
// each replica reads what is new when a NOTIFY wakes it.
package live

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// Hub passes messages on to those who subscribe in this process. From the first of them on it
// has one connection that listens. It is safe for concurrent use.
type Hub struct {
	db      *db.DB
	counts  counts
	present presences
	lost    atomic.Int64 // when the connection was lost, in nanoseconds since 1970; 0 while there is one

	frozen, stopping atomic.Bool

	wanted chan struct{} // gets a value when there is a subscriber
	begun  chan struct{} // is closed when there is a position to begin from

	mu      sync.Mutex
	at      cursor // what the streams have got
	streams map[*stream]struct{}
	topics  map[Topic]map[*stream]struct{}
	callers map[string]int // streams by who has them
}

// Open returns the hub of d. It makes no call to the database.
func Open(_ context.Context, d *db.DB) (*Hub, error) {
	return &Hub{
		db: d, present: presences{replica: uuid.New(), count: map[presence]int{}}, wanted: make(chan struct{}, 1), begun: make(chan struct{}),
		streams: map[*stream]struct{}{}, topics: map[Topic]map[*stream]struct{}{}, callers: map[string]int{},
	}, nil
}

// Track notes that the host freezes the process between two calls: there are no streams then.
func (h *Hub) Track() (flush func(context.Context) error) {
	h.frozen.Store(true)
	return func(context.Context) error { return nil }
}

// The turns of Run.
const (
	sweepEvery = time.Minute
	checkEvery = 5 * time.Second
	gather     = 5 * time.Millisecond // so that many messages are one query
	// Not every transaction notifies: see publish. Those that are committed together with one
	// that does are found soon, and others as soon as people should hear of them.
	askSoon  = 20 * time.Millisecond
	askOften = time.Second // after the last message
	askLater = 500 * time.Millisecond
)

// Run reads what is new, sweeps the log and ends the streams of those who may have none any more.
func (h *Hub) Run(ctx context.Context, log *slog.Logger) error {
	var parts sync.WaitGroup
	parts.Go(func() { h.every(ctx, sweepEvery, log, "sweep the log", h.Sweep) })
	parts.Go(func() {
		h.every(ctx, checkEvery, log, "look which sessions have ended", h.check)
	})
	parts.Go(func() {
		h.every(ctx, sayEvery, log, "say who is present", h.sayAgain)
	})
	defer parts.Wait()
	select {
	case <-ctx.Done():
		return nil
	case <-h.wanted:
	}
	h.db.Listen(ctx, channel, h.listen, func(err error) {
		h.lost.CompareAndSwap(0, time.Now().UnixNano())
		log.WarnContext(ctx, "live: no messages at the moment", "error", err)
	})
	return nil
}

// every calls do again and again, until ctx ends.
func (h *Hub) every(ctx context.Context, d time.Duration, log *slog.Logger, what string, do func(context.Context) error) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "live: background work failed", slog.String("work", what), slog.Any("error", err))
		}
	}
}

// listen delivers what is new, and then again whenever conn is notified, or some time has passed.
func (h *Hub) listen(ctx context.Context, conn *pgx.Conn) error {
	if err := h.begin(ctx, conn); err != nil {
		return err
	}
	h.lost.Store(0)
	var last time.Time // when there was something
	for {
		before := h.counts.published.Load()
		if err := h.deliver(ctx, conn); err != nil {
			return err
		}
		if h.counts.published.Load() != before {
			last = time.Now()
		}
		wait := askLater
		if time.Since(last) < askOften {
			wait = askSoon
		}
		if err := notified(ctx, conn, wait); err != nil {
			return err
		}
	}
}

// notified returns when conn is notified, or after this long.
func notified(ctx context.Context, conn *pgx.Conn, wait time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if _, err := conn.WaitForNotification(waiting); err != nil {
		if waiting.Err() == nil || ctx.Err() != nil || conn.IsClosed() {
			return err
		}
		return nil // nobody did
	}
	time.Sleep(gather)
	forget(ctx, conn)
	return nil
}

// forget drops the notifications that have arrived: what they tell of is about to be read.
func forget(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	cancel() // nothing is waited for
	for n, _ := conn.WaitForNotification(ctx); n != nil; n, _ = conn.WaitForNotification(ctx) {
	}
}

// begin sees to it that there is a position to read from.
func (h *Hub) begin(ctx context.Context, conn *pgx.Conn) error {
	current, err := position(ctx, conn)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.at.snapshot == "":
		h.at = current
		close(h.begun)
	case !h.at.resumes(current):
		h.at = current
		for s := range h.streams {
			s.restart(current)
		}
	}
	return nil
}

// deliver reads what is new and hands it to the streams.
func (h *Hub) deliver(ctx context.Context, conn *pgx.Conn) error {
	messages, next, all, err := h.at.read(ctx, conn) // only this goroutine changes at
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = next
	if !all {
		for s := range h.streams {
			s.restart(next)
		}
		return nil
	}
	h.counts.published.Add(int64(len(messages)))
	var touched []*stream
	for _, m := range messages {
		streams := h.topics[m.Topic]
		if len(streams) == 0 {
			continue
		}
		encoded := m.encode() // once for all
		for s := range streams {
			if s.coming == nil {
				touched = append(touched, s)
			}
			s.coming = append(s.coming, encoded)
		}
		h.counts.delivered.Add(int64(len(streams)))
	}
	for _, s := range touched {
		if !s.put(next) {
			h.counts.dropped.Add(1)
		}
	}
	return nil
}

// The bounds of streams. Who has too many is refused, and nobody else.
const (
	maxOfCaller = 64
	maxStreams  = 20_000 // in this process
	patience    = 5 * time.Second
)

// errFrozen says what a host cannot do that freezes the process between two calls.
var errFrozen = fault.New(fault.NotFound, "There are no live messages on this host: it sleeps between two calls. Ask again from time to time.")

// errStopping is for who comes while this process stops: another one takes over.
var errStopping = fault.New(fault.Unavailable, "This server is stopping. Try again in a few seconds.")

// EndStreams ends all streams, since the process stops. Their clients come again, and find another
// one.
func (h *Hub) EndStreams() {
	h.stopping.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		s.stop(errStopping)
	}
}

// subscribe adds a stream of these topics, and of who calls in ctx. It fails with fault.TooMany,
// fault.Unavailable, or errFrozen.
func (h *Hub) subscribe(ctx context.Context, topics []Topic) (*stream, error) {
	switch {
	case h.frozen.Load():
		return nil, errFrozen
	case h.stopping.Load():
		return nil, errStopping
	}
	select {
	case h.wanted <- struct{}{}:
	default:
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-h.begun:
	case <-waiting.Done():
		return nil, fault.New(fault.Unavailable, "There are no live messages at the moment. Try again in a few seconds.").Because(waiting.Err())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := newStream(ctx, topics, h.at)
	switch {
	case h.stopping.Load(): // since it was asked before
		return nil, errStopping
	case h.callers[s.caller] >= maxOfCaller:
		h.counts.refused.Add(1)
		return nil, fault.New(fault.TooMany, "You have %d live connections open already. Close some of your windows.", maxOfCaller)
	case len(h.streams) >= maxStreams:
		h.counts.refused.Add(1)
		return nil, fault.New(fault.Unavailable, "There are too many live connections at the moment. Try again in a minute.")
	}
	h.streams[s] = struct{}{}
	h.callers[s.caller]++
	for _, t := range topics {
		if h.topics[t] == nil {
			h.topics[t] = map[*stream]struct{}{}
		}
		h.topics[t][s] = struct{}{}
	}
	return s, nil
}

// leave takes s away.
func (h *Hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
	if h.callers[s.caller]--; h.callers[s.caller] == 0 {
		delete(h.callers, s.caller)
	}
	for _, t := range s.topics {
		if delete(h.topics[t], s); len(h.topics[t]) == 0 {
			delete(h.topics, t)
		}
	}
}

// catchUp notes that a stream for which nothing waits has got all there was for it.
func (h *Hub) catchUp(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 && s.ended == nil {
		s.at = h.at
	}
}

// check ends the streams of those who are signed out by now.
func (h *Hub) check(ctx context.Context) error {
	asked := map[auth.Sessions]map[string][]*stream{}
	h.mu.Lock()
	for s := range h.streams {
		if s.sessions == nil {
			continue
		}
		if asked[s.sessions] == nil {
			asked[s.sessions] = map[string][]*stream{}
		}
		asked[s.sessions][s.session] = append(asked[s.sessions][s.session], s)
	}
	h.mu.Unlock()
	var errs []error
	for sessions, streams := range asked {
		ended, err := sessions.Ended(ctx, slices.Collect(maps.Keys(streams)))
		errs = append(errs, err)
		for _, id := range ended {
			for _, s := range streams[id] {
				s.stop(errEnded)
			}
		}
	}
	return errors.Join(errs...)
}

// From returns path with what the hub has read so far, as ServeEvents takes it: a page that was
// made meanwhile misses nothing between its making and the opening of its stream.
func (h *Hub) From(path string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at.snapshot == "" {
		return path
	}
	return path + "?last=" + url.QueryEscape(h.at.String())
}
