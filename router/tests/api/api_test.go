// Package api_test compares what a project may import of the framework with its listing
// in the folder api, as Go itself does.
package api_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the listing in the folder api") //nolint:gochecknoglobals // go test's flags are global

// TestAPI fails if the public face has changed without its listing: see docs/upgrading.md.
func TestAPI(t *testing.T) {
	t.Parallel()
	listings := map[string][]string{} // the lines, by the name of the file
	for inside, pkg := range face(t) {
		name := filepath.Join(root, "api", area(inside)+".txt")
		listings[name] = append(listings[name], list(inside, pkg)...)
	}
	old, err := filepath.Glob(filepath.Join(root, "api", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range old {
		if listings[name] == nil {
			listings[name] = []string{} // its packages are gone
		}
	}
	for name, lines := range listings {
		slices.Sort(lines)
		if *update {
			save(t, name, lines)
			continue
		}
		for _, c := range compare(read(t, name), lines) {
			t.Errorf("%s: %s", filepath.Base(name), c)
		}
	}
	if t.Failed() {
		t.Log("If this is wanted: go test ./router/tests/api -update, and a word in CHANGELOG.md.")
	}
}

func read(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// save writes the listing, or removes it if it has no lines.
func save(t *testing.T, name string, lines []string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // it is part of the repository
		t.Fatal(err)
	}
	err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644) //nolint:gosec // it is part of the repository
	if len(lines) == 0 {
		err = os.Remove(name)
	}
	if err != nil {
		t.Fatal(err)
	}
}
