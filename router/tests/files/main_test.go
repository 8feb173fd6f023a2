package files_test

import (
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

func TestMain(m *testing.M) { routertest.Main(m, catalog.Program()) }

// desk is a running file desk, as one of its users sees it.
type desk struct{ *routertest.Router }

// start serves the file desk for Ada.
func start(t *testing.T, env []string) desk {
	t.Helper()
	return desk{routertest.Start(t, catalog.Program(), env).SignUp()}
}
