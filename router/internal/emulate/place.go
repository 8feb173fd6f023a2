package emulate

import (
	"context"
	"slices"
	"time"
)

// settling bounds the time for which an invocation waits for an environment that has answered and not
// asked for more yet, before it is given a new one. Callers of AWS are not that fast.
const settling = 2 * time.Second

// acquire takes a place in an environment. It waits until there is one, or ctx ends.
func (l *Lambda) acquire(ctx context.Context) (*environment, error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	patience := time.NewTimer(settling)
	defer patience.Stop()
	for fresh := false; ; {
		e, changed := l.assign(fresh)
		if changed == nil && e == nil {
			<-l.slots
			return nil, ErrStopped
		}
		if e != nil {
			return e, nil
		}
		select {
		case <-changed:
		case <-patience.C:
			fresh = true
		}
	}
}

// assign takes a place in an environment. It starts one if none is free, unless one is
// about to be and fresh is false: then there is none yet, and changed is closed when it
// is worth asking again. It returns nothing if the Lambda has been stopped.
func (l *Lambda) assign(fresh bool) (e *environment, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return nil, nil
	}
	for n, e := range slices.Backward(l.environments) {
		if e.busy < l.options.MaxConcurrency && e.takes() {
			l.environments = append(append(l.environments[:n:n], l.environments[n+1:]...), e)
			e.busy++
			e.thaw()
			return e, nil
		}
	}
	if !fresh && slices.ContainsFunc(l.environments, (*environment).settles) {
		return nil, l.changed
	}
	e = newEnvironment(l)
	e.busy++
	l.starts++
	l.environments = append(l.environments, e)
	go e.run()
	return e, nil
}

// change tells those who wait for a place. It is called with mu held.
func (l *Lambda) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// release gives a place in e back, unless e is gone and all its places with it.
func (l *Lambda) release(e *environment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.busy == 0 {
		return
	}
	e.busy--
	<-l.slots
	l.change()
	if e.busy == 0 {
		e.freeze()
	}
}

// remove forgets e, which has ended.
func (l *Lambda) remove(e *environment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.change()
	for ; e.busy > 0; e.busy-- {
		<-l.slots
	}
	for n, other := range l.environments {
		if other == e {
			l.environments = append(l.environments[:n:n], l.environments[n+1:]...)
			return
		}
	}
}
