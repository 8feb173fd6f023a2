package apart_test

import (
	"net/http"
	"testing"
)

// TestLittleMemory has a process that gets less memory than a router may be given.
func TestLittleMemory(t *testing.T) {
	t.Parallel()
	if a := ask(start(t, "SWITCHYARD_APART_MEMORY=48MiB"), "/bad/one"); a.status != http.StatusOK {
		t.Errorf("it answers %d: %s", a.status, a.body)
	}
}
