package password

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"switchyard/shared/fault"
)

// visitor is a caller of enter, in a goroutine of its own: it stays inside until
// it is told to go.
type visitor struct {
	cancel context.CancelCauseFunc
	in     chan func() // leave, once it is inside
	failed chan error
}

// visit lets a visitor come to g and returns when it is inside, waits, or was
// turned away.
func visit(t *testing.T, g *queue) *visitor {
	t.Helper()
	return visitAs(t, g, Client{})
}

func visitAs(t *testing.T, g *queue, c Client) *visitor {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	v := &visitor{cancel: cancel, in: make(chan func(), 1), failed: make(chan error, 1)}
	go func() {
		leave, err := g.enter(ctx, c)
		if err != nil {
			v.failed <- err
			return
		}
		v.in <- leave
	}()
	synctest.Wait()
	return v
}

func (v *visitor) isInside() bool { return len(v.in) == 1 }
func (v *visitor) isWaiting() bool {
	return len(v.in) == 0 && len(v.failed) == 0
}

// leave lets v go out, and whoever waited in.
func (v *visitor) leave() {
	(<-v.in)()
	synctest.Wait()
}

// checkBusy fails unless v was turned away for this cause, with the error that
// hosts answer with 503 and Retry-After.
func (v *visitor) checkBusy(t *testing.T, cause error) {
	t.Helper()
	if len(v.failed) == 0 {
		t.Fatal("it was not turned away")
	}
	err := <-v.failed
	var retry *fault.RetryAfterError
	if !fault.Is(err, fault.Unavailable) || !errors.As(err, &retry) || retry.After != again || !errors.Is(err, cause) {
		t.Errorf("got %v, want Unavailable, RetryAfter and %v", err, cause)
	}
}

func count(visitors []*visitor, is func(*visitor) bool) int {
	n := 0
	for _, v := range visitors {
		if is(v) {
			n++
		}
	}
	return n
}

func TestNoMoreAtOnce(t *testing.T) {
	t.Parallel()
	const parallel, callers = 3, 100
	synctest.Test(t, func(t *testing.T) {
		g := newQueue(parallel, callers)
		var all []*visitor
		for range callers {
			all = append(all, visit(t, g))
		}
		for left := callers; left > 0; left-- {
			if n := count(all, (*visitor).isInside); n != min(parallel, left) {
				t.Fatalf("of %d callers %d are inside", left, n)
			}
			for i, v := range all {
				if v.isInside() {
					v.leave()
					all = append(all[:i], all[i+1:]...)
					break
				}
			}
		}
	})
}

func TestNoMoreWait(t *testing.T) {
	t.Parallel()
	const parallel, waiting = 2, 3
	synctest.Test(t, func(t *testing.T) {
		g := newQueue(parallel, waiting)
		var all []*visitor
		for range parallel + waiting {
			all = append(all, visit(t, g))
		}
		if in, wait := count(all, (*visitor).isInside), count(all, (*visitor).isWaiting); in != parallel || wait != waiting {
			t.Fatalf("%d are inside and %d wait", in, wait)
		}
		visit(t, g).checkBusy(t, errFull)

		all[0].leave()
		late := visit(t, g)
		if !late.isWaiting() {
			t.Error("somebody left, and the next may not wait")
		}
		visit(t, g).checkBusy(t, errFull)
		for _, v := range append(all[1:], late) {
			v.leave()
		}
	})
}

func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newQueue(1, 0)
		first := visit(t, g)
		visit(t, g).checkBusy(t, errFull)
		first.leave()
		visit(t, g).leave()
	})
}

func TestGivingUpFreesThePlace(t *testing.T) {
	t.Parallel()
	errGone := errors.New("the client is gone")
	synctest.Test(t, func(t *testing.T) {
		g := newQueue(1, 1)
		inside, waiting := visit(t, g), visit(t, g)
		visit(t, g).checkBusy(t, errFull)

		waiting.cancel(errGone)
		synctest.Wait()
		waiting.checkBusy(t, errGone)

		next := visit(t, g)
		if !next.isWaiting() {
			t.Fatal("the place of who gave up is not free")
		}
		inside.leave()
		if !next.isInside() {
			t.Error("who waited is not inside")
		}
		next.leave()
	})
}

func TestComingTooLate(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := newQueue(1, 1)
	for range 100 { // a select would let in every other
		if _, err := g.enter(ctx, Client{}); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want Unavailable and Canceled", err)
		}
	}
	if g.inside != 0 || len(g.waiting) != 0 {
		t.Error("it takes a place")
	}
}
