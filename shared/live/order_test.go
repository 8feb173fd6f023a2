package live_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/shared/db"
	"switchyard/shared/live"
)

// published is how many messages TestOrder publishes.
var published = flag.Int("live.messages", 4000, "messages of TestOrder; the whole size is 100000") //nolint:gochecknoglobals // a flag

// service is two replicas behind one address, either of which is replaced now and then.
type service struct {
	db   *db.DB
	url  string
	hubs [2]atomic.Pointer[live.Hub]
	stop [2]func()
}

func newService(t *testing.T, d *db.DB) *service {
	t.Helper()
	s := &service{db: d}
	for i := range s.hubs {
		s.start(t, i)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hubs[rand.IntN(len(s.hubs))].Load().ServeEvents(w, r, "user:a", "user:b")
	}))
	t.Cleanup(func() {
		for _, stop := range s.stop {
			stop()
		}
		server.Close()
	})
	s.url = server.URL
	return s
}

func (s *service) start(t *testing.T, i int) {
	t.Helper()
	hub, err := live.Open(context.Background(), s.db)
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := hub.Run(ctx, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	}()
	s.hubs[i].Store(hub)
	s.stop[i] = func() {
		hub.EndStreams()
		cancel()
		<-done
	}
}

// mark is the data of a message: the n-th that a publisher has committed.
type mark struct{ Publisher, N int }

// publishAll commits n messages in transactions of one to three, of which every tenth is rolled
// back, and begins again with one that was lost. While wait says so of how many it has committed,
// it waits.
func publishAll(ctx context.Context, t *testing.T, d *db.DB, publisher, n int, wait func(done int) bool) {
	t.Helper()
	for next := 0; next < n; {
		for wait(next) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		size, undo := min(1+rand.IntN(3), n-next), rand.IntN(10) == 0
		tx, err := d.Begin(ctx)
		if err != nil {
			continue // the connection was ended
		}
		for i := range size {
			if err = live.Publish(ctx, tx, live.User("a"), "mark", mark{publisher, next + i}); err != nil {
				break
			}
		}
		if err != nil || undo {
			_ = tx.Rollback(ctx)
			continue
		}
		if rand.IntN(4) == 0 {
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond) // others commit meanwhile
		}
		if err := tx.Commit(ctx); err != nil {
			if !committed(ctx, d, mark{publisher, next}) {
				continue
			}
		}
		next += size
	}
}

// committed reports whether the log has a message, of whose commit nobody heard.
func committed(ctx context.Context, d *db.DB, m mark) bool {
	data, _ := json.Marshal(m)
	for {
		var there bool
		if d.QueryRow(ctx, `SELECT EXISTS (SELECT FROM live_message WHERE data::text = $1)`, string(data)).Scan(&there) == nil {
			return there
		}
	}
}

// reader is a client that comes back whenever its stream ends, and breaks it off now and then.
type reader struct {
	next map[int]int // by publisher
	seen int
	told *atomic.Int64 // seen, for publishers
}

// far is how many messages a client is behind at most: of one that is too far behind, nothing is
// kept.
const far = 2000

func (c *reader) read(t *testing.T, s *service, want int) error {
	t.Helper()
	r := &replica{url: s.url}
	last := ""
	ids := map[int64]bool{}
	for c.seen < want {
		stream, ok := r.tryOpen(t, last)
		if !ok {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		for until := 100 + rand.IntN(500); until > 0 && c.seen < want; until-- {
			name, m, err := stream.next()
			if err != nil {
				break
			}
			if name == "again" {
				return fmt.Errorf("told to load anew after %d", c.seen)
			}
			if ids[m.ID] {
				continue // the connection broke before the cursor; clients know it by its id
			}
			ids[m.ID] = true
			var got mark
			if err := json.Unmarshal(m.Data, &got); err != nil {
				return err
			}
			if got.N != c.next[got.Publisher] {
				return fmt.Errorf("publisher %d: message %d came when %d was next", got.Publisher, got.N, c.next[got.Publisher])
			}
			c.next[got.Publisher]++
			c.seen++
			c.told.Store(int64(c.seen))
		}
		last = stream.last
		_ = stream.resp.Body.Close()
	}
	return nil
}

// Each client gets each message once, those of a publisher in order, although transactions are
// rolled back and overtake each other, replicas are replaced, connections to the database are
// ended, and clients come back to either replica.
func TestOrder(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	s := newService(t, d)
	const publishers, readers = 4, 3
	n := *published / publishers
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()

	var reading, publishing sync.WaitGroup
	ready := make(chan struct{}, readers)
	var seen [readers]atomic.Int64
	for i := range readers {
		reading.Go(func() {
			c := &reader{next: map[int]int{}, told: &seen[i]}
			ready <- struct{}{}
			if err := c.read(t, s, publishers*n); err != nil {
				t.Error(err)
			}
		})
	}
	for range readers {
		<-ready
	}
	await.That(t, "the clients have come", func() bool { return s.streams() >= readers })
	for p := range publishers {
		publishing.Go(func() {
			publishAll(ctx, t, d, p, n, func(done int) bool {
				for i := range seen {
					if seen[i].Load() < int64(publishers*done-far) {
						return true
					}
				}
				return false
			})
		})
	}
	stop := make(chan struct{})
	disturbed := make(chan struct{})
	go func() {
		defer close(disturbed)
		disturb(ctx, t, s, stop, func() (sum int64) {
			for i := range seen {
				sum += seen[i].Load()
			}
			return sum
		})
	}()
	publishing.Wait()
	close(stop)
	<-disturbed
	reading.Wait()
}

// streams returns how many there are.
func (s *service) streams() (n int) {
	for i := range s.hubs {
		n += s.hubs[i].Load().Streams()
	}
	return n
}

// disturb replaces a replica, or ends all connections to the database, again and again. In between
// the clients get on, of whom seen says how much they have: else a slow machine would do nothing
// but begin.
func disturb(ctx context.Context, t *testing.T, s *service, stop <-chan struct{}, seen func() int64) {
	t.Helper()
	for turn, before := 0, int64(-1); ; turn++ {
		for wait := true; wait; wait = seen() == before {
			select {
			case <-stop:
				return
			case <-time.After(300 * time.Millisecond):
			}
		}
		before = seen()
		if i := turn % 3; i < len(s.hubs) {
			s.stop[i]()
			s.start(t, i) //nolint:contextcheck // a replica has a context of its own
			continue
		}
		_, err := s.db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err != nil && ctx.Err() == nil {
			t.Log("end the connections:", err)
		}
	}
}
