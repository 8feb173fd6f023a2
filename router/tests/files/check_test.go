package files_test

import (
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// What ships is in order: every event has somebody who publishes it and somebody
// who listens.
func TestCheckWarnsOfNothing(t *testing.T) {
	t.Parallel()
	if out, errOut, status := routertest.Verb(t, catalog.Program(), nil, "check"); status != 0 || strings.Contains(out, "warning") {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
}
