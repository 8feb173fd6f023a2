package sdk

import (
	"context"
	"crypto/sha1" //nolint:gosec // the SDK knows steps by such hashes
	"encoding/hex"
	"reflect"
	"strconv"
	"sync"

	"github.com/inngest/inngestgo/middleware"
)

// WatchSteps returns a context in which begins is called with the name of each step that is
// about to run.
//
// The SDK tells nobody of that, but a step asks its context for the middleware at that time.
func (c Call) WatchSteps(ctx context.Context, begins func(name string)) context.Context {
	if c.manager == nil {
		return ctx
	}
	return &watched{ctx, c, begins}
}

type watched struct {
	context.Context //nolint:containedctx // it is one

	call   Call
	begins func(name string)
}

// Value implements [context.Context].
func (w *watched) Value(key any) any {
	v := w.Context.Value(key)
	if _, ok := v.(*middleware.MiddlewareManager); ok {
		w.begins(w.call.next())
	}
	return v
}

// next returns the name of the step that is about to run: that which Inngest asks for, or
// else the only one that it has no result of. It is "" if that is not known.
func (c Call) next() (name string) {
	steps := c.steps()
	target := c.request().FieldByName("CallCtx").FieldByName("StepID").String()
	c.names(func(one string, n int64) {
		id := one
		if n > 0 {
			id += ":" + strconv.FormatInt(n, 10)
		}
		sum := sha1.Sum([]byte(id)) //nolint:gosec // see above
		hash := hex.EncodeToString(sum[:])
		if _, known := steps[hash]; hash == target || target == "" && !known {
			name = one
		}
	})
	return name
}

// names shows the names of the steps that the function has come to, and how often each had
// come before its last time. The SDK counts that, with a lock: a function may be at several
// steps at once.
func (c Call) names(show func(name string, n int64)) {
	manager := reflect.ValueOf(c.manager).Elem()
	names, lock := manager.FieldByName("indexes"), manager.FieldByName("l")
	if !names.IsValid() || names.Type() != reflect.TypeFor[map[string]int]() ||
		!lock.IsValid() || lock.Type() != reflect.TypeFor[*sync.RWMutex]() {
		return
	}
	l := (*sync.RWMutex)(lock.UnsafePointer())
	l.RLock()
	defer l.RUnlock()
	for each := names.MapRange(); each.Next(); {
		show(each.Key().String(), each.Value().Int())
	}
}
