package fn

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Call is one call of a function while it goes on. A host makes one for each call, puts it
// into the context, and says when it begins and ends. Services note with it what must not
// stay open after its end.
//
// The zero value is a call that has not begun. All methods may be called at once.
type Call struct {
	function atomic.Pointer[Callee]

	mu    sync.Mutex
	open  []Opened
	room  [2]Opened // of open, at first: more is rare
	tasks tasks
	ended bool
}

// Opened is a thing that a call has opened and has to close before it ends, such as a
// transaction.
type Opened interface {
	// Abandon closes it, whoever may be using it, and says what was open and where it was
	// opened; "" if it is closed already.
	Abandon() string
}

// Begin says that the call, of the function f, begins. It is for hosts, which have one Callee for
// all calls of a function.
func (c *Call) Begin(f *Callee) { c.function.Store(f) }

// Function returns the function that is called; nil before the call begins.
func (c *Call) Function() *Callee { return c.function.Load() }

// Opens notes that the call has opened o. It reports false, and notes nothing, if the call
// has ended.
func (c *Call) Opens(o Opened) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	if c.open == nil {
		c.open = c.room[:0]
	}
	c.open = append(c.open, o)
	return true
}

// Closes notes that the call has closed o.
func (c *Call) Closes(o Opened) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.open, o); i >= 0 {
		c.open = slices.Delete(c.open, i, i+1)
	}
}

// End ends the call, whether the function has returned or not. It closes what the call has left
// open, and returns a description of each such thing. It is for hosts, and may be called again
// without effect.
func (c *Call) End() (left []string) {
	c.mu.Lock()
	open := c.open
	c.open, c.ended = nil, true
	c.mu.Unlock()
	for _, o := range open {
		if what := o.Abandon(); what != "" {
			left = append(left, what)
		}
	}
	return left
}

// CallKey is the key of the *Call in a context, for hosts that have a type of context of
// their own. Others use [WithCall] and [CallOf].
type CallKey struct{}

// CallOf returns the call that ctx belongs to; nil if it belongs to none, or to one that has
// not begun.
func CallOf(ctx context.Context) *Call {
	c, _ := ctx.Value(CallKey{}).(*Call)
	if c == nil || c.function.Load() == nil {
		return nil
	}
	return c
}

// WithCall returns a context that belongs to c. It is for hosts.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, CallKey{}, c)
}
