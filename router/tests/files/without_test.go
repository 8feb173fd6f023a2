package files_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"switchyard/router/internal/routertest"
)

// TestWithoutFileDesk takes the file desk out of a copy of the repository as the guide
// says. Everything then builds, and so do all tests; those run here that need no server
// and take seconds, of each part of the house.
func TestWithoutFileDesk(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs other programs for minutes, in which the race detector sees nothing")
	}
	guide, err := os.ReadFile(filepath.Join(routertest.Root(t), "docs", "without-the-file-desk.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```bash\n(.*?)```").FindSubmatch(guide)
	if block == nil {
		t.Fatal("the guide has no block of commands")
	}
	root := routertest.Copy(t)
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", string(block[1]))
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	routertest.Go(t, root, "vet", "-assign", "./...") // compiles all, and the tests
	routertest.Go(t, root, "run", "./router", "check")
	routertest.Go(
		t, root, "test", "./internal/origin", "./internal/project", "./shared/config", "./shared/fn", "./shared/ui",
		"./functions/pages/assets", "./functions/pages/goodbye", "./router/internal/endpoint",
	)
	routertest.Go(t, root, "test", "./router/tests/repository", "-run", "^(TestImports|TestPackageDocs|TestStreets)$")
	routertest.Go(t, filepath.Join(root, "bench"), "vet", "-assign", "./...")
}
