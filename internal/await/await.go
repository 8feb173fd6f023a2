// Package await has tests wait for what happens at last. No test says how long a thing may take:
// that depends on the machine and on what else it does.
package await

import (
	"testing"
	"time"
)

// Patience is how long tests wait: longer than anything takes that works, on a machine with much
// else to do.
const Patience = 4 * time.Minute

// That waits until ok, and ends the test if that is not so within [Patience]. The failure says what
// was waited for: "the router is ready".
func That(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(Patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
