package db

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

// lookEvery is how much later than its context a statement may end.
const lookEvery = 10 * time.Millisecond

// past is a deadline that a connection is over.
var past = time.Unix(1, 0) //nolint:gochecknoglobals // a constant, were it no struct

// watch ends the statements whose contexts have ended. pgx by itself has each context tell it, at
// the cost of a timer and a dozen allocations a statement. Here one timer looks at all that are
// under way, as long as there are any.
type watch struct {
	mu    sync.Mutex
	all   []*watched
	timer *time.Timer // nil until the first
	runs  bool        // the timer does
}

// watched is a statement that is under way. The zero one is not.
type watched struct {
	ctx   context.Context //nolint:containedctx // its own
	waits patient         // ctx for who waits for a connection
	asks  patient         // ctx for who asks: it hears of the end from the connection
	conn  net.Conn        // nil until it has one
	ended chan struct{}   // closed once ctx is seen to have ended
	late  bool            // it is
}

// patient is a context whose end another one notices.
type patient struct {
	context.Context //nolint:containedctx // it is one

	done <-chan struct{}
}

// Done implements [context.Context].
func (p *patient) Done() <-chan struct{} { return p.done }

// begin begins to watch s, which waits for a connection with the context that begin returns.
func (w *watch) begin(s *watched, ctx context.Context) context.Context { //nolint:revive // s is what this is about
	s.ctx, s.ended = ctx, make(chan struct{})
	s.waits, s.asks = patient{ctx, s.ended}, patient{ctx, nil}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, s)
	if !w.runs {
		w.run()
	}
	return &s.waits
}

// has notes which connection s has got, on which it asks with the context that has returns.
func (w *watch) has(s *watched, conn net.Conn) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.conn = conn; s.late {
		_ = conn.SetDeadline(past) // a broken connection shows soon enough
	}
	return &s.asks
}

// end watches s no more. It reports whether the connection still has a deadline that is over.
func (w *watch) end(s *watched) (late bool) {
	if s.ctx == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.all, s); i >= 0 {
		last := len(w.all) - 1
		w.all[i], w.all[last] = w.all[last], nil
		w.all = w.all[:last]
	}
	return s.late && s.conn != nil
}

// await waits until done is closed, or ctx has ended.
func (w *watch) await(ctx context.Context, done <-chan struct{}) {
	var s watched
	select {
	case <-w.begin(&s, ctx).Done():
	case <-done:
	}
	w.end(&s)
}

// run has the timer look in a while.
func (w *watch) run() {
	w.runs = true
	if w.timer == nil {
		w.timer = time.AfterFunc(lookEvery, w.look)
		return
	}
	w.timer.Reset(lookEvery)
}

// look ends what is over its time, or what nobody waits for any more.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.all {
		if s.late || s.ctx.Err() == nil {
			continue
		}
		s.late = true
		close(s.ended)
		if s.conn != nil {
			_ = s.conn.SetDeadline(past) // as above
		}
	}
	if w.runs = len(w.all) > 0; w.runs {
		w.run()
	}
}
