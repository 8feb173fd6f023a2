package gate_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"switchyard/shared/gate"
)

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	g, err := gate.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			leave, err := g.Enter(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			if n := inside.Add(1); n > most.Load() {
				most.Store(n)
			}
			inside.Add(-1)
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d were inside at once", most.Load())
	}
}

func TestGivingUp(t *testing.T) {
	t.Parallel()
	g, err := gate.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Enter(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	leave()
	if _, err := g.Enter(t.Context()); err != nil {
		t.Errorf("after leave: %v", err)
	}
}
