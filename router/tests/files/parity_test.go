package files_test

import (
	"os"
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// TestParity replays a day at the file desk through the host and every front door.
func TestParity(t *testing.T) {
	t.Parallel()
	out, errOut, status := routertest.Verb(t, catalog.Program(), os.Environ(), "parity", "desk.http")
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, errOut, out)
	}
	if want := "front doors: 7;"; !strings.Contains(out, want) {
		t.Errorf("got %q, want %q", out, want)
	}
}
