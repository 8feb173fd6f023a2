package repository_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/routertest"
)

// TestReleaseTags wants everything that builds a release, or shows how, to have the tags of one.
func TestReleaseTags(t *testing.T) {
	t.Parallel()
	const command = "go build -trimpath -tags "
	const templates = "router/internal/scaffold/templates/project/"
	for file, before := range map[string]string{
		"railway.toml":                         command,
		".railway/railway.ts":                  command,
		templates + "railway.toml.tmpl":        command,
		templates + ".railway/railway.ts.tmpl": command,
		"docs/deploy.md":                       command,
		"bench/router/router.go":               `const Tags = "`,
	} {
		text, err := os.ReadFile(filepath.Join(routertest.Root(t), file))
		if want := before + generate.ReleaseTags; err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q: %v", file, want, err)
		}
	}
}

// TestReleaseHasNoSource wants the router of a release to link nothing that needs the source: that code
// would take memory in production, where there is no source.
func TestReleaseHasNoSource(t *testing.T) {
	t.Parallel()
	linked := strings.Fields(routertest.Go(t, routertest.Root(t), "list", "-deps", "-tags", generate.ReleaseTags, "./router"))
	if !slices.Contains(linked, "switchyard/router/cli") {
		t.Fatalf("got %q", linked)
	}
	of := regexp.MustCompile(`^(switchyard/router/internal/(check|dev|generate|isolation|pack|parity|scaffold)(/.*)?|go/types)$`)
	for _, name := range linked {
		if of.MatchString(name) {
			t.Errorf("it links %s: see router/cli/release.go", name)
		}
	}
}
