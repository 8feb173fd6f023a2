// Package room passes on what somebody says to all that listen, in this process.
package room

import (
	"context"
	"sync"
)

// Room is where it is said. It is safe for concurrent use.
type Room struct {
	mu        sync.Mutex
	listeners map[chan string]struct{}
}

// Open returns a room.
func Open(context.Context) (*Room, error) {
	return &Room{listeners: map[chan string]struct{}{}}, nil
}

// behind is how many messages a listener may lag; of more, it misses some.
const behind = 64

// Listen returns what is said from now on, until leave is called.
func (r *Room) Listen() (said <-chan string, leave func()) {
	c := make(chan string, behind)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listeners[c] = struct{}{}
	return c, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.listeners, c)
	}
}

// Say tells all listeners, and returns how many there are.
func (r *Room) Say(text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.listeners {
		select {
		case c <- text:
		default:
		}
	}
	return len(r.listeners)
}
