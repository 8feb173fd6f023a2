// Package fairlock lets work that needs much memory run one at a time: a hundred pictures that
// arrive together must not be decoded together. Owners take turns, so that nobody who brings
// many pictures keeps the others waiting.
package fairlock

import (
	"context"
	"slices"
	"sync"
)

// Lock lets one caller through at a time, in this process. It is safe for
// concurrent use.
type Lock struct {
	mu      sync.Mutex
	busy    bool
	holder  string                     // the owner that has it, or had it last
	turns   []string                   // owners that wait, next first
	waiting map[string][]chan struct{} // the callers of each of them, next first; closed when they have it
}

// Open returns a lock that is free.
func Open(context.Context) (*Lock, error) {
	return &Lock{waiting: map[string][]chan struct{}{}}, nil
}

// Acquire waits until nobody else has the lock and it is the owner's turn. The caller has to call
// release once, when its work is done. Acquire fails with the error of ctx if ctx ends first.
func (l *Lock) Acquire(ctx context.Context, owner string) (release func(), err error) {
	turn := l.join(owner)
	select {
	case <-turn:
		return l.release, nil
	case <-ctx.Done():
		l.quit(owner, turn)
		return nil, ctx.Err()
	}
}

// join returns what is closed when the caller has the lock.
func (l *Lock) join(owner string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	turn := make(chan struct{})
	if !l.busy {
		l.busy, l.holder = true, owner
		close(turn)
		return turn
	}
	if len(l.waiting[owner]) == 0 {
		l.turns = append(l.turns, owner)
	}
	l.waiting[owner] = append(l.waiting[owner], turn)
	return turn
}

// quit takes back what join did. If the caller has just got the lock, the next one gets it.
func (l *Lock) quit(owner string, turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting[owner], turn); i >= 0 {
		l.take(owner, i)
		return
	}
	l.next()
}

func (l *Lock) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next()
}

// next gives the lock to whoever is next, if anybody waits: the owner that had it comes last.
func (l *Lock) next() {
	if i := slices.Index(l.turns, l.holder); i >= 0 {
		l.turns = append(slices.Delete(l.turns, i, i+1), l.holder)
	}
	if l.busy = len(l.turns) > 0; l.busy {
		l.holder = l.turns[0]
		close(l.take(l.holder, 0))
	}
}

// take takes away the i-th of the owner's callers.
func (l *Lock) take(owner string, i int) chan struct{} {
	turn := l.waiting[owner][i]
	l.waiting[owner] = slices.Delete(l.waiting[owner], i, i+1)
	if len(l.waiting[owner]) == 0 {
		delete(l.waiting, owner)
		l.turns = slices.DeleteFunc(l.turns, func(s string) bool { return s == owner })
	}
	return turn
}
