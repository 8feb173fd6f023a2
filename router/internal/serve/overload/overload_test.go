package overload_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/router/internal/serve/overload"
)

const long = time.Minute // longer than anybody waits

// call is one that has a place, or waits for one.
type call struct {
	slot  overload.Slot
	ended chan overload.Reason
}

// enter takes a place at once, or fails the test.
func enter(t *testing.T, g *overload.Gate, c overload.Client) *call {
	t.Helper()
	one := &call{}
	if got := g.Enter(t.Context(), &one.slot, c, 0); got != overload.Granted {
		t.Fatalf("no place: %s", got)
	}
	return one
}

// wait begins to wait for a place, and returns when it has for a moment. It is for a bubble of package
// synctest: elsewhere the others may have waited for too long by then.
func wait(ctx context.Context, t *testing.T, l *overload.Limiter, g *overload.Gate, c overload.Client) *call {
	t.Helper()
	synctest.Wait()
	one, before := &call{ended: make(chan overload.Reason, 1)}, l.State().Waiting
	go func() { one.ended <- g.Enter(ctx, &one.slot, c, long) }()
	time.Sleep(time.Millisecond)
	if now := l.State().Waiting; now != before+1 {
		t.Fatalf("%d wait, and %d before", now, before)
	}
	return one
}

func client(l *overload.Limiter, address string) overload.Client {
	return l.Client(netip.MustParseAddr(address))
}

func TestBound(t *testing.T) {
	t.Parallel()
	l := overload.New(1)
	var nobody overload.Client
	for _, kind := range []overload.Kind{overload.Shared, overload.Separate, overload.Reserved} {
		g := l.Gate(2, kind)
		first, second := enter(t, g, nobody), enter(t, g, nobody)
		var third overload.Slot
		if got := g.Enter(t.Context(), &third, nobody, 0); got != overload.Full || third.Leave() {
			t.Errorf("kind %d: the third of two is %s", kind, got)
		}
		if !first.slot.Leave() || first.slot.Leave() {
			t.Errorf("kind %d: a place is given back once", kind)
		}
		third = overload.Slot{}
		if got := g.Enter(t.Context(), &third, nobody, 0); got != overload.Granted || !third.Leave() || !second.slot.Leave() {
			t.Errorf("kind %d: after one has left: %s", kind, got)
		}
	}
	if got := l.State(); got.Running != 0 || got.Waiting != 0 {
		t.Errorf("in the end: %+v", got)
	}
}

// One client alone gets three quarters of a function's places, and the others the rest.
func TestFairShare(t *testing.T) {
	t.Parallel()
	l := overload.New(1)
	g := l.Gate(8, overload.Shared)
	greedy := client(l, "192.0.2.1")
	for range 6 {
		enter(t, g, greedy)
	}
	var slot overload.Slot
	if got := g.Enter(t.Context(), &slot, greedy, 0); got != overload.Full {
		t.Errorf("the seventh of one client is %s", got)
	}
	others := 0
	for _, ip := range []string{"192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"} { // some may be counted with the first
		if g.Enter(t.Context(), new(overload.Slot), client(l, ip), 0) == overload.Granted {
			others++
		}
	}
	if others != 2 {
		t.Errorf("%d of the other clients have a place", others)
	}
}

// One function leaves a part of the process to the others, and streams take nothing of it.
func TestFunctionsShare(t *testing.T) {
	t.Parallel()
	l := overload.New(1)
	limit := l.State().Limit
	var nobody overload.Client
	endless := l.Gate(2*limit, overload.Separate)
	for range 2 * limit {
		enter(t, endless, nobody)
	}
	busy, idle := l.Gate(limit, overload.Shared), l.Gate(limit, overload.Shared)
	for range limit / 2 {
		enter(t, busy, nobody)
	}
	var slot overload.Slot
	if got := busy.Enter(t.Context(), &slot, nobody, 0); got != overload.Full {
		t.Errorf("one more of the busy function is %s", got)
	}
	for range limit / 8 {
		enter(t, idle, nobody)
	}
}

// Of those who wait, the one goes first whose client has the fewest calls running, and of two
// of them the one that came first. All networks of a site count together.
func TestFewestFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := overload.New(1)
		other, g := l.Gate(100, overload.Shared), l.Gate(1, overload.Shared)
		some, many := client(l, "2001:db8:1:1::1"), client(l, "192.0.2.1")
		for range 3 {
			enter(t, other, many)
		}
		enter(t, other, some)
		last := enter(t, g, overload.Client{})
		calls := []*call{
			wait(t.Context(), t, l, g, many),
			wait(t.Context(), t, l, g, some),
			wait(t.Context(), t, l, g, client(l, "2001:db8:1:2::1")), // the site of some, another network
			wait(t.Context(), t, l, g, client(l, "2001:db8:2:1::1")),
		}
		for _, i := range []int{3, 2, 1, 0} {
			last.slot.Leave()
			if got := <-calls[i].ended; got != overload.Granted || calls[i].slot.Waited == 0 {
				t.Errorf("caller %d: %s", i, got)
			}
			last = calls[i]
		}
	})
}

// Nobody waits for ever, nor when nobody waits for the answer.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := overload.New(1)
		g := l.Gate(1, overload.Shared)
		held := enter(t, g, overload.Client{})
		ctx, cancel := context.WithCancel(t.Context())
		late, gone := wait(t.Context(), t, l, g, overload.Client{}), wait(ctx, t, l, g, overload.Client{})
		cancel()
		if got := <-gone.ended; got != overload.Gone {
			t.Errorf("whose context ended is %s", got)
		}
		if got := <-late.ended; got != overload.Late {
			t.Errorf("who waited in vain is %s", got)
		}
		held.slot.Leave()
		if got := l.State(); got.Running != 0 || got.Waiting != 0 || late.slot.Leave() {
			t.Errorf("in the end: %+v", got)
		}
	})
}

// Neither one client nor one function takes the whole room.
func TestRoomIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := overload.New(1)
		g, other := l.Gate(1, overload.Shared), l.Gate(1, overload.Shared)
		greedy, nobody := client(l, "192.0.2.1"), overload.Client{}
		enter(t, g, nobody)
		enter(t, other, nobody)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		full := make(chan struct{}, 5000) // more than the room has seats
		for range cap(full) {
			all.Go(func() {
				var slot overload.Slot
				if g.Enter(ctx, &slot, greedy, long) == overload.Full {
					full <- struct{}{}
				}
			})
		}
		<-full
		wait(ctx, t, l, other, client(l, "192.0.2.2"))
		cancel()
		all.Wait()
	})
}

// However many come and leave at once, no bound is passed, and nobody is forgotten.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	l := overload.New(1)
	const max, callers, calls = 4, 16, 500
	g := l.Gate(max, overload.Shared)
	running := make(chan struct{}, max)
	var all sync.WaitGroup
	for i := range callers {
		c := client(l, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String())
		all.Go(func() {
			for range calls {
				var slot overload.Slot
				if g.Enter(t.Context(), &slot, c, long) != overload.Granted {
					continue
				}
				select {
				case running <- struct{}{}:
				default:
					t.Error("more than may run do")
				}
				<-running
				var twice sync.WaitGroup // as when a call is given up that just ends
				twice.Go(func() { slot.Leave() })
				slot.Leave()
				twice.Wait()
			}
		})
	}
	all.Wait()
	if got := l.State(); got.Running != 0 || got.Waiting != 0 {
		t.Errorf("in the end: %+v", got)
	}
}

// However many bodies of one client stall, there is room for those of others.
func TestBodies(t *testing.T) {
	t.Parallel()
	l := overload.New(1)
	var b overload.Bodies
	greedy, other := client(l, "192.0.2.1"), client(l, "192.0.2.2")
	n := 0
	for b.Enter(greedy) {
		n++
	}
	if n < 1000 || b.Receiving() != n {
		t.Errorf("one client has %d, of %d", n, b.Receiving())
	}
	for range 500 {
		if !b.Enter(other) {
			t.Fatal("there is no room for another client")
		}
	}
	b.Leave(greedy)
}

func BenchmarkGate(b *testing.B) {
	l := overload.New(2)
	g := l.Gate(256, overload.Shared)
	a := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		var slot overload.Slot
		g.Enter(b.Context(), &slot, l.Client(a), long)
		slot.Leave()
	}
}
