// Package turns has callers do memory-hungry work one after the other: a hundred pictures
// that arrive together must not be decoded together. A user who brings many does not keep the
// others waiting: the users take turns.
package turns

import (
	"context"
	"slices"
	"sync"
)

// Turns lets one caller work at a time, in this process. It is safe for concurrent use.
// Make it with [Open].
type Turns struct {
	mu      sync.Mutex
	busy    bool
	current string                     // the user whose turn it is, or was last
	turns   []string                   // the users for whom somebody waits, next first
	waiting map[string][]chan struct{} // who waits for each of them, next first; closed when it is their turn
}

// Open returns turns that nobody has taken.
func Open(context.Context) (*Turns, error) {
	return &Turns{waiting: map[string][]chan struct{}{}}, nil
}

// Take waits until nobody else works and it is the turn of the user for whom the caller does.
// The caller then works, and calls leave, once. Take fails with the error of ctx if that ends
// first.
func (t *Turns) Take(ctx context.Context, user string) (leave func(), err error) {
	turn := t.join(user)
	select {
	case <-turn:
		return t.leave, nil
	case <-ctx.Done():
		t.quit(user, turn)
		return nil, ctx.Err()
	}
}

// join returns what is closed when it is the caller's turn.
func (t *Turns) join(user string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	turn := make(chan struct{})
	if !t.busy {
		t.busy, t.current = true, user
		close(turn)
		return turn
	}
	if len(t.waiting[user]) == 0 {
		t.turns = append(t.turns, user)
	}
	t.waiting[user] = append(t.waiting[user], turn)
	return turn
}

// quit takes back what join did. If the turn has just come, the next one's does.
func (t *Turns) quit(user string, turn chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting[user], turn); i >= 0 {
		t.remove(user, i)
		return
	}
	t.next()
}

func (t *Turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next gives the turn to whoever is next, if anybody waits: the user who had it comes last.
func (t *Turns) next() {
	if i := slices.Index(t.turns, t.current); i >= 0 {
		t.turns = append(slices.Delete(t.turns, i, i+1), t.current)
	}
	if t.busy = len(t.turns) > 0; t.busy {
		t.current = t.turns[0]
		close(t.remove(t.current, 0))
	}
}

// remove takes away the i-th of those who wait for user.
func (t *Turns) remove(user string, i int) chan struct{} {
	turn := t.waiting[user][i]
	t.waiting[user] = slices.Delete(t.waiting[user], i, i+1)
	if len(t.waiting[user]) == 0 {
		delete(t.waiting, user)
		t.turns = slices.DeleteFunc(t.turns, func(s string) bool { return s == user })
	}
	return turn
}
