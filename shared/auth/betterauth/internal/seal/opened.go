package seal

import (
	"strings"
	"sync"
	"time"

	"switchyard/internal/recent"
)

// opened keeps the cached sessions that were read lately, since who calls once calls again. What a
// cookie holds follows from its text and the secrets alone; whether a time has passed, the caller
// looks each time. So no cookie is good for longer than without it. Only what we have signed comes
// in, it has a bound, and what is not sent any more is forgotten as others come.
type opened struct {
	mu   sync.Mutex
	read *recent.Map[string, Cached] // by the text
}

const (
	keptOpened = 512         // sessions at least, and twice as many at most
	keptFor    = time.Minute // since they were sent, or twice that, while others come
	maxKept    = 4 << 10     // bytes of a text: one cookie
)

func newOpened() opened { return opened{read: recent.For[string, Cached](keptFor, keptOpened)} }

func (o *opened) get(text string) (Cached, bool) {
	o.mu.Lock()
	c, ok := o.read.Get(text)
	o.mu.Unlock()
	return c.apart(), ok
}

func (o *opened) put(text string, c Cached) {
	if len(text) > maxKept {
		return
	}
	text, c = strings.Clone(text), c.apart() // the text is a part of all that the request sent
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read.Put(text, c)
}

// apart returns c with pointers of its own, since a function may write where they lead.
func (c Cached) apart() Cached {
	for _, p := range []**string{&c.Session.IPAddress, &c.Session.UserAgent, &c.User.Image} {
		if *p != nil {
			*p = new(**p)
		}
	}
	return c
}
