package turns_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"switchyard/shared/files/turns"
)

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	g, err := turns.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			leave, err := g.Take(t.Context(), string(rune('a'+i%7)))
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
	g, err := turns.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leave, err := g.Take(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Take(ctx, "ada"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	leave()
	if _, err := g.Take(t.Context(), "ada"); err != nil {
		t.Errorf("after leave: %v", err)
	}
}

// Whoever brings many lets the others through in between.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, err := turns.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leave, err := g.Take(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan string, 8)
		for _, who := range []string{"ada", "ada", "ada", "bob", "ada", "eve", "bob"} {
			go func() {
				leave, err := g.Take(t.Context(), who)
				if err != nil {
					t.Error(err)
					return
				}
				order <- who
				leave()
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			if _, err := g.Take(ctx, "gone"); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want Canceled", err)
			}
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		leave()
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
