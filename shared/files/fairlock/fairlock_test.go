package fairlock_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"switchyard/shared/files/fairlock"
)

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	l, err := fairlock.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			release, err := l.Acquire(t.Context(), string(rune('a'+i%7)))
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
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
	l, err := fairlock.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release, err := l.Acquire(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Acquire(ctx, "ada"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	release()
	if _, err := l.Acquire(t.Context(), "ada"); err != nil {
		t.Errorf("after release: %v", err)
	}
}

// Whoever brings many lets the others through in between.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := fairlock.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		release, err := l.Acquire(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan string, 8)
		for _, who := range []string{"ada", "ada", "ada", "bob", "ada", "eve", "bob"} {
			go func() {
				release, err := l.Acquire(t.Context(), who)
				if err != nil {
					t.Error(err)
					return
				}
				order <- who
				release()
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			if _, err := l.Acquire(ctx, "gone"); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want Canceled", err)
			}
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		release()
		synctest.Wait()
		close(order)
		var got []string
		for who := range order {
			got = append(got, who)
		}
		if want := []string{"bob", "eve", "ada", "bob", "ada", "ada", "ada"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
