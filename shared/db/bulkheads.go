package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// hosts is the name of the share of those who work for no call of a function: hosts, and
// services in the background.
const hosts = "none"

// bulkheads keep functions from taking the connections of others. All calls of a function have
// a share of the pool, and all functions together leave a reserve to the host: to find out
// who calls, to send events. Who finds no room waits for it.
//
// A call that has a connection already, and needs another one beside it, would wait for
// ever if all that are in its way did the same. Such calls may go one beyond each limit:
// one after the other they get what they need, and end.
type bulkheads struct {
	mu      sync.Mutex
	size    int      // of the pool
	limited []string // settings that bound transactions of functions
	all     int      // connections that all functions may have at once
	taken   int      // that they have
	shares  map[string]*share
	has     map[*fn.Call]int // connections of each call that has any
	waiting []*waiter        // the first has waited longest
}

// share is what the calls of a function may have, and what they had.
type share struct {
	name   string
	size   int    // connections that they may have at once
	limits string // statements that follow the one that begins a transaction

	held    int
	waits   int
	waited  time.Duration
	left    int // open, at the ends of calls
	retries int // of transactions
}

// waiter is a call that waits for room in its share.
type waiter struct {
	*share

	call  *fn.Call
	ready chan struct{} // closed when it has got a connection
}

func newBulkheads(size int, limited []string) *bulkheads {
	reserve := 0
	if size > 2 {
		reserve = max(1, size/5)
	}
	return &bulkheads{size: size, limited: limited, all: size - reserve, shares: map[string]*share{}, has: map[*fn.Call]int{}}
}

// of returns the share of f, or of the hosts if it is nil. The caller holds the lock.
func (b *bulkheads) of(f *fn.Callee) *share {
	name := hosts
	if f != nil {
		name = f.Name
	}
	s := b.shares[name]
	if s == nil {
		s = &share{name: name, size: b.size}
		if f != nil {
			s.size, s.limits = b.shareOf(f.Info.MaxConns), limits(b.limited, f.Info.Timeout)
		}
		b.shares[name] = s
	}
	return s
}

// shareOf returns the share of a function whose Spec says this: a quarter, and at least 2,
// if that is nothing.
func (b *bulkheads) shareOf(maxConns int) int {
	if maxConns <= 0 {
		maxConns = max(2, (b.size+3)/4)
	}
	return min(maxConns, b.all)
}

// enter returns the share of call, nil for the host, once there is room for one connection
// more, which the caller [bulkheads.leave]s. The error is fault.Unavailable if there is none
// until the deadline of ctx.
func (b *bulkheads) enter(ctx context.Context, call *fn.Call) (*share, error) {
	b.mu.Lock()
	s := b.of(functionOf(call))
	if b.room(s, call) {
		defer b.mu.Unlock()
		b.take(s, call)
		return s, nil
	}
	me := &waiter{s, call, make(chan struct{})}
	b.waiting = append(b.waiting, me)
	s.waits++
	b.mu.Unlock()
	return s, b.wait(ctx, me)
}

func (b *bulkheads) wait(ctx context.Context, me *waiter) error {
	began := time.Now()
	var ended error
	select {
	case <-me.ready:
	case <-ctx.Done():
		ended = ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	me.waited += time.Since(began)
	if ended == nil {
		return nil
	}
	i := slices.Index(b.waiting, me)
	if i < 0 { // it was its turn at the same moment
		b.give(me.share, me.call)
		return ended
	}
	why := b.why(me)
	b.waiting = slices.Delete(b.waiting, i, i+1)
	if !errors.Is(ended, context.DeadlineExceeded) {
		return ended
	}
	cause := fault.RetryAfter(time.Second, fmt.Errorf("%s: %w", why, ended))
	return fault.New(fault.Unavailable, "This uses the database as much as it may right now. Try again in a second.").Because(cause)
}

// why says why there was no room. The caller holds the lock.
func (b *bulkheads) why(me *waiter) string {
	if me.held < me.size {
		return fmt.Sprintf("all functions together have the %d connections that they may have at once", b.all)
	}
	text := fmt.Sprintf("%s has used up its share of %d of the pool's %d connections", me.name, me.size, b.size)
	if b.has[me.call] > 0 && b.stuck(me.share) {
		text += ", and each call that has one waits for another: in a transaction, use the transaction and not the pool"
	}
	return text
}

// stuck reports whether all calls that have connections of the share waited for others.
func (b *bulkheads) stuck(s *share) bool {
	for call := range b.has {
		if call.Function().Name == s.name && !slices.ContainsFunc(b.waiting, func(o *waiter) bool { return o.call == call }) {
			return false
		}
	}
	return true
}

// room reports whether the call may have one connection more.
func (b *bulkheads) room(s *share, call *fn.Call) bool {
	beyond := 0
	switch {
	case call == nil:
		return true
	case b.has[call] > 0:
		beyond = 1
	}
	return s.held < s.size+beyond && b.taken < b.all+beyond
}

func (b *bulkheads) take(s *share, call *fn.Call) {
	s.held++
	if call != nil {
		b.taken++
		b.has[call]++
	}
}

// leave gives back the room of a connection, which was left open or not.
func (b *bulkheads) leave(s *share, call *fn.Call, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if open {
		s.left++
	}
	b.give(s, call)
}

func (b *bulkheads) give(s *share, call *fn.Call) {
	s.held--
	if call == nil {
		return
	}
	b.taken--
	if b.has[call]--; b.has[call] == 0 {
		delete(b.has, call)
	}
	if len(b.waiting) > 0 {
		b.next(true)
		b.next(false)
	}
}

// next gives room to who waits for it: to calls that have a connection already, or to the
// others. The former come first, since others may wait for what they have.
func (b *bulkheads) next(having bool) {
	b.waiting = slices.DeleteFunc(b.waiting, func(o *waiter) bool {
		if having != (b.has[o.call] > 0) || !b.room(o.share, o.call) {
			return false
		}
		b.take(o.share, o.call)
		close(o.ready)
		return true
	})
}

// retry notes that a transaction of call, nil for the host, is tried again.
func (b *bulkheads) retry(call *fn.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(functionOf(call)).retries++
}

func functionOf(call *fn.Call) *fn.Callee {
	if call == nil {
		return nil
	}
	return call.Function()
}
