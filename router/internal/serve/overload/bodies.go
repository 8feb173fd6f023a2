package overload

import "sync"

// maxBodies bounds the bodies that are being received at once. One that stalls takes a
// connection, and a buffer as large as what has arrived.
const maxBodies = 4096

// Bodies bounds the bodies of requests that are being received, which is before the calls
// they are for take a place. The zero Bodies is ready for use.
type Bodies struct {
	mu    sync.Mutex
	all   int
	sites counts
}

// Enter reports whether one more body of c may be received. If so, [Bodies.Leave] has to
// follow.
func (b *Bodies) Enter(c Client) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all >= maxBodies || c.known && !fair(int(b.sites[c.site]), b.all, maxBodies) {
		return false
	}
	b.all++
	b.sites[c.site]++
	return true
}

// Leave says that a body of c is received, or given up.
func (b *Bodies) Leave(c Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	b.sites[c.site]--
}

// Receiving returns how many bodies are being received.
func (b *Bodies) Receiving() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}
