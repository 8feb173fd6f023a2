//go:build !race

package seal_test

import (
	"testing"
	"time"

	"switchyard/shared/auth/betterauth/internal/seal"
)

// How many allocations it may take to read a cached session.
const (
	maxOpen      = 10 // its text decoded, that as strings, and what may be missing in it; and to keep it
	maxOpenAgain = 2  // what may be missing in it
)

//nolint:paralleltest // it counts what is allocated
func TestMemoryOfOpenSession(t *testing.T) {
	const runs = 100
	k, c := seal.NewKeyring(newSecret), cached()
	c.Session.UserAgent, c.User.Image = new("Mozilla/5.0"), nil
	var sealed []string
	for range runs + 1 {
		c.ExpiresAt = c.ExpiresAt.Add(time.Second)
		sealed = append(sealed, k.SealSession(c))
	}
	for _, most := range []float64{maxOpen, maxOpenAgain} {
		next := 0
		n := testing.AllocsPerRun(runs, func() {
			if _, ok := k.OpenSession(sealed[next]); !ok {
				t.Error("it is refused")
			}
			next++
		})
		if t.Logf("%v allocations", n); n > most {
			t.Errorf("it takes %v allocations, want %v at most", n, most)
		}
	}
}
