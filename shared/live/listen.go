package live

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// How often the log is read.
const (
	gather = 5 * time.Millisecond // so that many messages are one query
	// Not every transaction notifies: see publish. Those that are committed together with one
	// that does are found soon, and others as soon as people should hear of them.
	askSoon  = 20 * time.Millisecond
	askOften = time.Second // after the last message
	askLater = 500 * time.Millisecond
)

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
	at, err := current(ctx, conn)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.at.snapshot == "":
		h.at = at
		close(h.begun)
	case !h.at.resumes(at):
		h.at = at
		for s := range h.streams {
			s.restart(at)
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
