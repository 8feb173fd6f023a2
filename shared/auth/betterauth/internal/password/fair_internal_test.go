package password

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hashing is how long a hash takes here, of which one is made at a time.
const hashing = 60 * time.Millisecond

// crowd are clients that guess without end, each from a network of its own.
type crowd func(i int) string

// crowds of as many networks as anybody likes.
func crowds() map[string]crowd {
	return map[string]crowd{
		"one address":         func(int) string { return "198.51.100.7" },
		"an IPv4 network":     func(i int) string { return fmt.Sprintf("198.51.100.%d", i) },
		"IPv4 networks":       func(i int) string { return fmt.Sprintf("198.51.%d.7", i) },
		"an IPv6 network":     func(i int) string { return fmt.Sprintf("2001:db8:1:%x::", i) },
		"IPv6 networks":       func(i int) string { return fmt.Sprintf("2001:db8:%x::", i) },
		"unknown addresses":   func(int) string { return "" },
		"ever new /64 of one": nil, // see guess
	}
}

// guess sends wrong passwords for account, one after the other, until stop is closed.
func guess(ctx context.Context, q *queue, ip func(try int) string, account string, stop chan struct{}) {
	for try := 0; ; try++ {
		select {
		case <-stop:
			return
		default:
		}
		if !hash(ctx, q, Client{IP: ip(try), Account: account}, false) {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// hash reports whether c had its turn.
func hash(ctx context.Context, q *queue, c Client, right bool) bool {
	leave, err := q.enter(ctx, c)
	if err != nil {
		return false
	}
	time.Sleep(hashing)
	leave()
	q.learn(c, right)
	return true
}

// TestRightOnesPass has 80 clients guess at once, and people sign in meanwhile, from the first
// moment on: each of them has its turn, also for the account at which the others guess.
func TestRightOnesPass(t *testing.T) {
	t.Parallel()
	const guessers, people = 80, 20
	for name, of := range crowds() {
		for _, account := range []string{"ada@example.com", ""} {
			t.Run(fmt.Sprintf("%s at %q", name, account), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					q, stop := newQueue(1, 96), make(chan struct{})
					var all sync.WaitGroup
					for i := range guessers {
						ip := func(try int) string { return fmt.Sprintf("2001:db8:1:%x::", try*guessers+i) }
						if of != nil {
							ip = func(int) string { return of(i) }
						}
						at := account
						if at == "" {
							at = fmt.Sprintf("%d@example.com", i)
						}
						all.Go(func() { guess(t.Context(), q, ip, at, stop) })
					}
					synctest.Wait()
					for i := range people {
						began := time.Now()
						if !hash(t.Context(), q, Client{IP: fmt.Sprintf("203.0.%d.7", i), Account: "ada@example.com"}, true) {
							t.Errorf("the right password %d was turned away after %v", i, time.Since(began))
						}
						if d := time.Since(began); i > 0 && d > 3*hashing {
							t.Errorf("the right password %d took %v", i, d)
						}
					}
					close(stop)
					all.Wait()
				})
			})
		}
	}
}
