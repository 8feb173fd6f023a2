package overload

import (
	"testing"
	"time"
)

// work has calls through g end, each after took, for so many looks at the limit.
func work(p *pace, now *time.Duration, looks, running int, calls func(i int) (*Gate, time.Duration)) {
	for range looks {
		for i := range 2 * enough {
			g, took := calls(i)
			*now += every / enough
			p.add(g, *now, took, running)
		}
	}
}

func all(g *Gate, took time.Duration) func(int) (*Gate, time.Duration) {
	return func(int) (*Gate, time.Duration) { return g, took }
}

func TestLimitFollowsLatency(t *testing.T) {
	t.Parallel()
	const quick, slow = 5 * time.Millisecond, 500 * time.Millisecond
	p, now, g := newPace(2), time.Duration(0), &Gate{}
	started := p.limit
	work(&p, &now, 10, 10, all(g, quick))
	if p.limit != started {
		t.Errorf("it is not needed, and is %d", p.limit)
	}
	work(&p, &now, 50, p.ceiling, all(g, quick))
	if p.limit != p.ceiling {
		t.Errorf("all is well with many calls, and it is %d", p.limit)
	}
	work(&p, &now, 50, p.floor+1, all(g, slow))
	if p.limit != p.floor {
		t.Errorf("all are late, and it is %d", p.limit)
	}
	if g.usual > 2*quick {
		t.Errorf("what is usual became %s under load", g.usual)
	}
	work(&p, &now, 20, p.floor, all(g, quick))
	if p.limit <= p.floor {
		t.Error("it does not rise again")
	}
}

// Each function is compared with itself.
func TestSlowFunctionIsUsual(t *testing.T) {
	t.Parallel()
	p, now := newPace(2), time.Duration(0)
	quick, slow := &Gate{}, &Gate{}
	mixed := func(i int) (*Gate, time.Duration) {
		if i%2 == 0 {
			return quick, time.Millisecond
		}
		return slow, 10 * time.Second
	}
	started := p.limit
	work(&p, &now, 10, p.floor, mixed)
	work(&p, &now, 10, started, mixed)
	if p.limit < started {
		t.Errorf("a function that is always slow has brought it down to %d", p.limit)
	}
	// What the slow one waits for has gone: most calls are those of the other.
	work(&p, &now, 10, started, func(i int) (*Gate, time.Duration) {
		if i%8 != 0 {
			return quick, time.Millisecond
		}
		return slow, time.Minute
	})
	if p.limit < started {
		t.Errorf("one function's trouble has brought it down to %d", p.limit)
	}
}

// With few calls running, slow ones change nothing.
func TestFloor(t *testing.T) {
	t.Parallel()
	p, now, g := newPace(2), time.Duration(0), &Gate{usual: time.Millisecond}
	started := p.limit
	work(&p, &now, 1, p.floor/2, all(g, time.Second))
	if p.limit != started {
		t.Errorf("it fell to %d though little was to do", p.limit)
	}
}
