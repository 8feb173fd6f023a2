package desk

import "sync"

// Room passes on what somebody says to all that listen.
type Room struct {
	mu        sync.Mutex
	listeners map[chan string]struct{}
}

// NewRoom returns one.
func NewRoom() *Room { return &Room{listeners: map[chan string]struct{}{}} }

// Listen returns what is said from now on, until leave is called.
func (r *Room) Listen() (said <-chan string, leave func()) {
	c := make(chan string, 64)
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
