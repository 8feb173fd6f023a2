package fn

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// maxUntaken bounds the errors of a call's tasks that are kept for the log.
const maxUntaken = 8

// tasks are those of a call. Its mutex guards them.
type tasks struct {
	places  chan struct{} // filled by those that run; nil before the first
	running int
	idle    chan struct{} // closed when none runs any more; nil if nobody waits for that
	untaken []*task       // that failed
}

// task is a function that [Go] runs.
type task struct {
	ctx   context.Context //nolint:containedctx // also for what is said of it when the call ends
	name  string
	done  chan struct{}
	err   error // once done is closed
	taken atomic.Bool
}

func (t *task) wait() error {
	<-t.done
	t.taken.Store(true)
	return t.err
}

func (t *task) run(f func(ctx context.Context) error) {
	defer close(t.done)
	t.err = f(t.ctx)
}

// begins gives t a place, and reports whether t can run. It waits for one until the context
// of t ends.
func (c *Call) begins(t *task) bool {
	places, all := c.places(), c.Function().places()
	if t.err = take(t.ctx, places); t.err == nil {
		if t.err = take(t.ctx, all); t.err != nil {
			<-places
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case t.err != nil:
		t.err = fmt.Errorf("begin the task %s: %w", t.name, t.err)
		c.keep(t)
		return false
	case c.ended:
		<-places
		<-all
		t.err = fmt.Errorf("begin the task %s: its call has ended", t.name)
		return false
	}
	c.tasks.running++
	return true
}

// places returns the places for the tasks of c.
func (c *Call) places() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks.places == nil {
		c.tasks.places = make(chan struct{}, MaxTasks)
	}
	return c.tasks.places
}

// take takes one of places, or waits for one until ctx ends.
func take(ctx context.Context, places chan<- struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run runs t, which has begun.
func (c *Call) run(t *task, f func(ctx context.Context) error) {
	defer c.leave(t)
	defer close(t.done)
	defer func() {
		if v := recover(); v != nil {
			t.err = &PanicError{Value: v, Stack: debug.Stack()}
			t.taken.Store(true) // told at once: whoever waits for t may never get to it
			c.Function().Panicked()
			c.Function().tell(t)
		}
	}()
	t.err = f(t.ctx)
}

// leave gives back the places of t, which has ended.
func (c *Call) leave(t *task) {
	<-c.Function().places()
	c.mu.Lock()
	defer c.mu.Unlock()
	<-c.tasks.places
	if t.err != nil {
		c.keep(t)
	}
	if c.tasks.running--; c.tasks.running == 0 && c.tasks.idle != nil {
		close(c.tasks.idle)
		c.tasks.idle = nil
	}
}

// keep keeps the failure of t for [Call.Wait].
func (c *Call) keep(t *task) {
	if len(c.tasks.untaken) < maxUntaken {
		c.tasks.untaken = append(c.tasks.untaken, t)
	}
}

// Wait waits until no task of the call runs any more, and calls Callee.Failed for the errors that
// nobody has waited for. It is for hosts: after the function has returned, and before
// [Call.End].
func (c *Call) Wait() {
	if idle := c.idle(); idle != nil {
		<-idle
	}
	c.mu.Lock()
	untaken := c.tasks.untaken
	c.tasks.untaken = nil
	c.mu.Unlock()
	for _, t := range untaken {
		if !t.taken.Load() && !errors.Is(t.err, context.Canceled) { // whoever asked for it has gone
			c.Function().tell(t)
		}
	}
}

// idle returns what is closed when no task of the call runs any more; nil if none does.
func (c *Call) idle() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks.running > 0 && c.tasks.idle == nil {
		c.tasks.idle = make(chan struct{})
	}
	return c.tasks.idle
}

// Panicked counts a panic of the function. It is for hosts.
func (c *Callee) Panicked() { c.panics.Add(1) }

// Panics returns how often the function has panicked, its tasks included.
func (c *Callee) Panics() int64 { return c.panics.Load() }

// Tasks returns how many tasks of the function run now, in all of its calls.
func (c *Callee) Tasks() int { return len(c.places()) }

// places returns the places for the tasks of all calls of c.
func (c *Callee) places() chan struct{} {
	c.once.Do(func() { c.slots = make(chan struct{}, MaxFunctionTasks) })
	return c.slots
}

func (c *Callee) tell(t *task) {
	if c.Failed != nil {
		c.Failed(t.ctx, t.name, t.err)
	}
}
