package timed_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/serve/timed"
)

type key struct{}

var errOurs = errors.New("ours")

// withDeadline is context.WithDeadline by a timed.Context.
func withDeadline(parent context.Context, d time.Time) (context.Context, context.CancelFunc) {
	c := &timed.Context{}
	return c.Begin(parent, d), c.End
}

// seen tells all that can be seen of a context.
func seen(ctx context.Context) string {
	d, ok := ctx.Deadline()
	closed := false
	select {
	case <-ctx.Done():
		closed = true
	default:
	}
	return fmt.Sprint(ctx.Err(), context.Cause(ctx), closed, ctx.Value(key{}), ok, time.Until(d))
}

// looks are ways to look at a context, of which some have its timer started.
func looks() map[string]func(ctx context.Context, note func(...any)) {
	return map[string]func(ctx context.Context, note func(...any)){
		"not":   func(context.Context, func(...any)) {},
		"err":   func(ctx context.Context, note func(...any)) { note(ctx.Err()) },
		"cause": func(ctx context.Context, note func(...any)) { note(context.Cause(ctx)) },
		"value": func(ctx context.Context, note func(...any)) { note(ctx.Value(key{})) },
		"done":  func(ctx context.Context, note func(...any)) { note(seen(ctx)) },
		"after": func(ctx context.Context, note func(...any)) {
			context.AfterFunc(ctx, func() { note("after", seen(ctx)) })
		},
		"stopped": func(ctx context.Context, note func(...any)) {
			note(context.AfterFunc(ctx, func() { note("never") })())
		},
		"child": func(ctx context.Context, note func(...any)) {
			child, cancel := context.WithCancel(ctx)
			context.AfterFunc(child, func() { note("child", seen(child)); cancel() })
		},
		"earlier child": func(ctx context.Context, note func(...any)) {
			child, cancel := context.WithTimeout(ctx, time.Second)
			context.AfterFunc(child, func() { note("child", seen(child)); cancel() })
		},
		"later child": func(ctx context.Context, note func(...any)) {
			child, cancel := context.WithTimeout(ctx, time.Hour)
			context.AfterFunc(child, func() { note("child", seen(child)); cancel() })
		},
	}
}

// waits reports whether a look is one that waits for the end.
func waits(look string) bool {
	return !slices.Contains([]string{"not", "err", "cause", "value"}, look)
}

// TestContext does the same with a Context and one of package context, in each way to end and
// to look, and wants the same to be seen.
func TestContext(t *testing.T) {
	t.Parallel()
	const timeout, past = 10 * time.Second, 10*time.Second + 1
	type ends struct{ own, parent func() }
	for how, end := range map[string]func(ends){
		"its time":                  func(ends) { time.Sleep(past) },
		"a moment before it":        func(ends) { time.Sleep(timeout - 1) },
		"ended":                     func(e ends) { e.own() },
		"its parent ended":          func(e ends) { e.parent() },
		"ended, and its parent":     func(e ends) { e.own(); e.parent() },
		"its parent, then ended":    func(e ends) { e.parent(); e.own() },
		"ended, then its time":      func(e ends) { e.own(); time.Sleep(past) },
		"its time, then ended":      func(e ends) { time.Sleep(past); e.own(); e.own() },
		"its time, then its parent": func(e ends) { time.Sleep(past); e.parent() },
		"parent after both":         func(e ends) { time.Sleep(past); e.own(); e.parent() },
		"its parent's time first":   func(ends) { time.Sleep(2 * time.Second) },
	} {
		for before, first := range looks() {
			for after, then := range looks() {
				if strings.HasSuffix(how, "then its parent") && !waits(before) {
					continue // which of them came first, nobody has seen: it is the parent's end that counts
				}
				name := fmt.Sprintf("%s/%s/%s", how, before, after)
				run := func(make func(context.Context, time.Time) (context.Context, context.CancelFunc)) (notes []string) {
					synctest.Test(t, func(*testing.T) {
						var mu sync.Mutex
						note := func(v ...any) { mu.Lock(); notes = append(notes, fmt.Sprint(v...)); mu.Unlock() }
						parent, cancel := context.WithCancelCause(context.WithValue(context.Background(), key{}, "v"))
						if how == "its parent's time first" {
							var end context.CancelFunc
							parent, end = context.WithTimeoutCause(parent, time.Second/2, errOurs)
							defer end()
						}
						ctx, stop := make(parent, time.Now().Add(timeout))
						first(ctx, note)
						end(ends{stop, func() { cancel(errOurs) }})
						synctest.Wait()
						then(ctx, note)
						synctest.Wait()
						note(seen(ctx))
						stop()
						cancel(nil)
						synctest.Wait()
						note(seen(ctx))
					})
					slices.Sort(notes) // what follows an end does so in any order
					return notes
				}
				if diff := cmp.Diff(run(context.WithDeadline), run(withDeadline)); diff != "" {
					t.Errorf("%s (-package context +ours):\n%s", name, diff)
				}
			}
		}
	}
}

// TestContextIsEarly ends a context before it begins, as one is whose call is canceled.
func TestContextIsEarly(t *testing.T) {
	t.Parallel()
	c := &timed.Context{}
	c.End()
	c.Begin(t.Context(), time.Now().Add(time.Hour))
	if <-c.Done(); !errors.Is(c.Err(), context.Canceled) {
		t.Errorf("got %v", c.Err())
	}
}

// TestContextStartsNothing: neither a child nor a function that is to run has a goroutine wait,
// and who only asks pays nothing.
func TestContextStartsNothing(t *testing.T) { //nolint:paralleltest // others start goroutines
	parent, end := context.WithCancel(t.Context())
	defer end()
	before := runtime.NumGoroutine()
	all := make([]*timed.Context, 100)
	for i := range all {
		all[i] = &timed.Context{}
		all[i].Begin(parent, time.Now().Add(time.Hour))
		defer all[i].End()
		child, cancel := context.WithCancel(all[i])
		context.AfterFunc(child, cancel)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, and %d before", now, before)
	}
	one := &timed.Context{}
	if n := testing.AllocsPerRun(100, func() {
		one.Begin(parent, time.Now().Add(time.Hour))
		_, _ = one.Err(), one.Value(key{})
		one.Deadline()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestContextAtOnce has many look at a context while it ends: all see the same.
func TestContextAtOnce(t *testing.T) {
	t.Parallel()
	for range 200 {
		parent, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &timed.Context{}
		c.Begin(parent, time.Now().Add(50*time.Microsecond))
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() {
				switch i {
				case 0:
					cancel()
				case 1:
					c.End()
				case 2, 3:
					child, stop := context.WithTimeout(c, time.Hour)
					defer stop()
					<-child.Done()
				}
				for c.Err() == nil {
					runtime.Gosched()
				}
				errs[i] = c.Err()
				<-c.Done()
			})
		}
		all.Wait()
		for _, err := range errs {
			if !errors.Is(err, errs[0]) {
				t.Fatalf("both %v and %v", errs[0], err)
			}
		}
	}
}
