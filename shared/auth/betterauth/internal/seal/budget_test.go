//go:build !race

package seal_test

import (
	"testing"

	"switchyard/shared/auth/betterauth/internal/seal"
)

// maxOpen is how many allocations it may take to read a cached session: its text decoded, that
// as strings, and what may be missing in it.
const maxOpen = 6

//nolint:paralleltest // it counts what is allocated
func TestMemoryOfOpenSession(t *testing.T) {
	k, c := seal.NewKeyring(newSecret), cached()
	c.Session.UserAgent, c.User.Image = new("Mozilla/5.0"), nil
	sealed := k.SealSession(c)
	open := func() {
		if _, ok := k.OpenSession(sealed); !ok {
			t.Error("it is refused")
		}
	}
	if n := testing.AllocsPerRun(100, open); n > maxOpen {
		t.Errorf("it takes %v allocations, want %v at most", n, maxOpen)
	}
}
