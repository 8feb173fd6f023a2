package repository_test

import (
	"os"
	"path/filepath"
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
