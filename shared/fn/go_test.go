package fn_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/shared/fn"
)

var errBroken = errors.New("broken")

// function is one whose host keeps what it is told.
type function struct {
	fn.Callee

	mu   sync.Mutex
	told []string
}

func newFunction() *function {
	f := &function{Callee: fn.Callee{Name: "api/hello"}}
	f.Failed = func(_ context.Context, task string, err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.told = append(f.told, fmt.Sprintf("%s: %v", task, err))
	}
	return f
}

// call begins a call of f whose context ends with the test.
func (f *function) call(t *testing.T) (context.Context, *fn.Call) {
	t.Helper()
	c := &fn.Call{}
	c.Begin(&f.Callee)
	return fn.WithCall(t.Context(), c), c
}

func TestGo(t *testing.T) {
	t.Parallel()
	f := newFunction()
	within, c := f.call(t)
	for where, ctx := range map[string]context.Context{"outside of a call": t.Context(), "in a call": within} {
		got := ""
		wait := fn.Go(ctx, "greet", func(inner context.Context) error {
			got = "hello " + fn.NameOf(inner)
			return errBroken
		})
		if err := wait(); !errors.Is(err, errBroken) || got != "hello "+fn.NameOf(ctx) {
			t.Errorf("%s: got %q, %v", where, got, err)
		}
		if err := wait(); !errors.Is(err, errBroken) {
			t.Errorf("%s: waited twice: %v", where, err)
		}
	}
	c.Wait()
	if f.told != nil || f.Tasks() != 0 {
		t.Errorf("told %q, %d tasks run", f.told, f.Tasks())
	}
}

func TestGoPanics(t *testing.T) {
	t.Parallel()
	f := newFunction()
	ctx, c := f.call(t)
	wait := fn.Go(ctx, "burst", func(context.Context) error { panic("oh") })
	var panicked *fn.PanicError
	if err := wait(); !errors.As(err, &panicked) || panicked.Value != "oh" || !strings.Contains(string(panicked.Stack), "TestGoPanics") {
		t.Errorf("got %v", err)
	}
	c.Wait()
	if !slices.Equal(f.told, []string{"burst: panic: oh"}) || f.Panics() != 1 {
		t.Errorf("told %q, %d panics", f.told, f.Panics())
	}
}

// A call waits for all its tasks, also for those that tasks begin, and tells what nobody
// else learns.
func TestWait(t *testing.T) {
	t.Parallel()
	f := newFunction()
	ctx, c := f.call(t)
	var mu sync.Mutex
	var ended []string
	end := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		ended = append(ended, name)
	}
	outer := make(chan struct{}) // has ended
	fn.Go(ctx, "outer", func(ctx context.Context) error {
		defer close(outer)
		time.Sleep(20 * time.Millisecond)
		fn.Go(ctx, "inner", func(context.Context) error {
			<-outer
			time.Sleep(20 * time.Millisecond)
			end("inner")
			return nil
		})
		end("outer")
		return errBroken
	})
	fn.Go(ctx, "gone", func(context.Context) error { return fmt.Errorf("read: %w", context.Canceled) })
	c.Wait()
	if !slices.Equal(ended, []string{"outer", "inner"}) || !slices.Equal(f.told, []string{"outer: broken"}) {
		t.Errorf("ended %q, told %q", ended, f.told)
	}
	c.End()
	if err := fn.Go(ctx, "late", func(context.Context) error { t.Error("it runs"); return nil })(); err == nil {
		t.Error("a call that has ended begins a task")
	}
	if f.Tasks() != 0 {
		t.Errorf("%d tasks run", f.Tasks())
	}
}

func TestGoBounds(t *testing.T) {
	t.Parallel()
	f := newFunction()
	release := make(chan struct{})
	block := func(context.Context) error { <-release; return nil }
	var calls []*fn.Call
	refused := func(ctx context.Context) {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		err := fn.Go(ctx, "more", func(context.Context) error { t.Error("it runs"); return nil })()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("beyond the bound: got %v", err)
		}
	}
	for range fn.MaxFunctionTasks / fn.MaxTasks {
		ctx, c := f.call(t)
		calls = append(calls, c)
		for range fn.MaxTasks {
			fn.Go(ctx, "block", block)
		}
		refused(ctx)
	}
	other, c := f.call(t)
	calls = append(calls, c)
	refused(other)
	if got := f.Tasks(); got != fn.MaxFunctionTasks {
		t.Errorf("%d tasks run, want %d", got, fn.MaxFunctionTasks)
	}
	close(release)
	for _, c := range calls {
		c.Wait()
	}
	err := fn.Go(other, "after", func(context.Context) error { return nil })()
	if c.Wait(); err != nil || f.Tasks() != 0 {
		t.Errorf("after the others: %v, %d tasks run", err, f.Tasks())
	}
}
