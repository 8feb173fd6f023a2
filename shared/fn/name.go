package fn

import (
	"context"
	"sync"
	"sync/atomic"
)

// Callee is a function as its host keeps it: one for all calls, which counts their panics and tasks.
type Callee struct {
	Name string // its folder, such as "api/hello"
	Info Info
	// Failed is called for each panic of a task, at once, and for each error that nobody has
	// waited for, when the call ends. It gets the context and the name of the task. May be nil.
	Failed func(ctx context.Context, task string, err error)

	once   sync.Once
	slots  chan struct{} // of tasks: see places
	panics atomic.Int64
}

// NameOf returns the name of the function whose call ctx belongs to; "" outside of a host,
// and while a host does what comes before a call, such as finding out who calls.
func NameOf(ctx context.Context) string {
	if c := CallOf(ctx); c != nil {
		return c.Function().Name
	}
	return ""
}
