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
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/db"
)

// Path is where the framework's functions/pages/live serves what happens to the signed-in user's
// things.
const Path = "/live"

// Hub passes messages on to those who subscribe in this process. From the first of them on it
// has one connection that listens. It is safe for concurrent use.
type Hub struct {
	db      *db.DB
	counts  counts
	present presences
	members *db.SharedQuery[string] // who is present: all who are told of a change ask for it at once
	lost    atomic.Int64            // when the connection was lost, in nanoseconds since 1970; 0 while there is one

	frozen, stopping atomic.Bool

	wanted chan struct{} // gets a value when there is a subscriber
	begun  chan struct{} // is closed when there is a position to begin from

	asked map[auth.Sessions][]string // for check alone, which uses the room for ids again

	mu      sync.Mutex
	at      cursor // what the streams have got
	streams map[*stream]struct{}
	topics  map[Topic]map[*stream]struct{}
	callers map[string]int // streams by who has them
	turn    int            // of those whose heartbeat came last

	fresh     int       // streams that began since garbage was collected
	collected time.Time // when that was
}

// Open returns the hub of d. It makes no call to the database.
func Open(_ context.Context, d *db.DB) (*Hub, error) {
	return &Hub{
		db: d, present: presences{replica: uuid.New(), count: map[presence]int{}}, wanted: make(chan struct{}, 1), begun: make(chan struct{}),
		asked: map[auth.Sessions][]string{}, streams: map[*stream]struct{}{}, topics: map[Topic]map[*stream]struct{}{}, callers: map[string]int{},
		members: db.NewSharedQuery(d, whoIs, pgx.RowTo[string]),
	}, nil
}

// Track notes that the host freezes the process between two calls: there are no streams then.
func (h *Hub) Track() (flush func(context.Context) error) {
	h.frozen.Store(true)
	return func(context.Context) error { return nil }
}

// How often Run does what it does again and again.
const (
	sweepEvery = time.Minute
	checkEvery = 5 * time.Second
	lookEvery  = 250 * time.Millisecond // for what streams have left behind
)

// Run reads what is new, sweeps the log, ends the streams of those who may have none any more, and
// sees to it that the others do not fall silent.
func (h *Hub) Run(ctx context.Context, log *slog.Logger) error {
	var parts sync.WaitGroup
	for _, part := range []struct {
		what  string
		every time.Duration
		do    func(context.Context) error
	}{
		{"sweep the log", sweepEvery, h.Sweep},
		{"look which sessions have ended", checkEvery, h.check},
		{"say who is present", sayEvery, h.sayAgain},
		{"send heartbeats", heartbeat / turns, h.beat},
		{"collect what streams have left behind", lookEvery, h.collect},
	} {
		parts.Go(func() { repeat(ctx, part.every, log, part.what, part.do) })
	}
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

// repeat calls do again and again, until ctx ends.
func repeat(ctx context.Context, every time.Duration, log *slog.Logger, what string, do func(context.Context) error) {
	tick := time.NewTicker(every)
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
