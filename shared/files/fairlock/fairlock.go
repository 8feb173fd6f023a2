// Package gate lets memory-hungry work through one at a time: a hundred pictures
// that arrive together must not be decoded together. Whoever brings many does not keep
// the others waiting: they take turns.
package gate

import (
	"context"
	"slices"
	"sync"
)

// Gate lets one caller through at a time, in this process. It is safe for
// concurrent use.
type Gate struct {
	mu      sync.Mutex
	busy    bool
	inside  string                     // on whose behalf somebody is inside, or was last
	turns   []string                   // those on whose behalf somebody waits, next first
	waiting map[string][]chan struct{} // on behalf of each of them, next first; closed when let in
}

// Open returns a gate that nobody has entered.
func Open(context.Context) (*Gate, error) {
	return &Gate{waiting: map[string][]chan struct{}{}}, nil
}

// Enter waits until nobody else is inside and it is the turn of those on whose behalf
// the caller comes. The caller then calls leave, once. It fails with the error of ctx if
// that ends first.
func (g *Gate) Enter(ctx context.Context, behalf string) (leave func(), err error) {
	turn := g.join(behalf)
	select {
	case <-turn:
		return g.leave, nil
	case <-ctx.Done():
		g.quit(behalf, turn)
		return nil, ctx.Err()
	}
}

// join returns what is closed when the caller is let in.
func (g *Gate) join(behalf string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	turn := make(chan struct{})
	if !g.busy {
		g.busy, g.inside = true, behalf
		close(turn)
		return turn
	}
	if len(g.waiting[behalf]) == 0 {
		g.turns = append(g.turns, behalf)
	}
	g.waiting[behalf] = append(g.waiting[behalf], turn)
	return turn
}

// quit takes back what join did. If the caller has just been let in, the next one is.
func (g *Gate) quit(behalf string, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting[behalf], turn); i >= 0 {
		g.take(behalf, i)
		return
	}
	g.next()
}

func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// next lets in whoever is next, if anybody waits: those who were inside come last.
func (g *Gate) next() {
	if i := slices.Index(g.turns, g.inside); i >= 0 {
		g.turns = append(slices.Delete(g.turns, i, i+1), g.inside)
	}
	if g.busy = len(g.turns) > 0; g.busy {
		g.inside = g.turns[0]
		close(g.take(g.inside, 0))
	}
}

// take takes away the i-th of those who wait on behalf.
func (g *Gate) take(behalf string, i int) chan struct{} {
	turn := g.waiting[behalf][i]
	g.waiting[behalf] = slices.Delete(g.waiting[behalf], i, i+1)
	if len(g.waiting[behalf]) == 0 {
		delete(g.waiting, behalf)
		g.turns = slices.DeleteFunc(g.turns, func(s string) bool { return s == behalf })
	}
	return turn
}
