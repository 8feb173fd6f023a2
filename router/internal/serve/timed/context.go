package timed

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Context is a context with a deadline. It behaves as one of [context.WithDeadline], which it
// makes when somebody waits for its end: until then it has no timer, allocates nothing, and its
// parent does not know of it. If by then both its parent has ended and its time, its error is
// that of the parent. It is a part of what it belongs to.
//
// The zero Context may be ended, and used once it has begun.
type Context struct {
	parent   context.Context //nolint:containedctx // it is one
	deadline time.Time

	mu     sync.Mutex
	ended  bool
	waited atomic.Pointer[waited] // nil until somebody waits
}

// waited is the context that has the timer.
type waited struct {
	context.Context //nolint:containedctx // it is one

	cancel context.CancelFunc
}

// Begin makes c a context with these, and returns it. It is to be called once, before c is used
// as one.
func (c *Context) Begin(parent context.Context, deadline time.Time) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent, c.deadline = parent, deadline
	return c
}

// End ends c, as the function does that [context.WithDeadline] returns. Any goroutine may do so,
// and again without effect.
func (c *Context) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.waited.Load(); w != nil {
		w.cancel()
	} else if !c.ended && c.parent != nil && c.over() {
		c.wait().cancel() // of what has ended by itself, this is no reason
	}
	c.ended = true
}

// Deadline implements [context.Context].
func (c *Context) Deadline() (time.Time, bool) {
	if first, ok := c.parent.Deadline(); ok && first.Before(c.deadline) {
		return first, true
	}
	return c.deadline, true
}

// Done implements [context.Context].
func (c *Context) Done() <-chan struct{} { return c.begun().Done() }

// Err implements [context.Context].
func (c *Context) Err() error {
	if w := c.waited.Load(); w != nil {
		return w.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.waited.Load(); w != nil {
		return w.Err()
	}
	if !c.ended && !c.over() {
		return nil
	}
	return c.wait().Err()
}

// Value implements [context.Context].
func (c *Context) Value(key any) any {
	if w := c.waited.Load(); w != nil {
		return w.Value(key) // the parent's values, and what package context wants to know of c
	}
	return c.parent.Value(key)
}

// over reports whether c has ended, and nobody has seen that yet.
func (c *Context) over() bool { return c.parent.Err() != nil || !time.Now().Before(c.deadline) }

// begun returns the context that has the timer.
func (c *Context) begun() *waited {
	if w := c.waited.Load(); w != nil {
		return w
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.waited.Load(); w != nil {
		return w
	}
	return c.wait()
}

// wait makes the context that has the timer, while c is locked. Of one that was ended before, it
// is no matter what became of its parent or its time since.
func (c *Context) wait() *waited {
	w := &waited{}
	if c.ended {
		w.Context, w.cancel = context.WithCancel(context.WithoutCancel(c.parent))
		w.cancel()
	} else {
		w.Context, w.cancel = context.WithDeadline(c.parent, c.deadline) //nolint:gosec // End cancels it
	}
	c.waited.Store(w)
	return w
}
