package repository_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"switchyard/router/internal/routertest"
)

// TestVariables wants the documentation to name each variable that a section of the environment
// reads.
func TestVariables(t *testing.T) {
	t.Parallel()
	root := os.DirFS(routertest.Root(t))
	var docs strings.Builder
	read(t, root, "docs", ".md", func(text []byte) { docs.Write(text) })
	named := map[string]bool{}
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(docs.String(), -1) {
		named[word] = true
	}
	tag := regexp.MustCompile(`\benv:"(\w+)"`)
	read(t, root, "shared", ".go", func(text []byte) {
		for _, m := range tag.FindAllSubmatch(text, -1) {
			if variable := string(m[1]); !named[variable] {
				t.Errorf("%s is in none of docs/*.md", variable)
			}
		}
	})
}

// read calls use with the text of each file below dir that has this extension, but for tests.
func read(t *testing.T, root fs.FS, dir, ext string, use func(text []byte)) {
	t.Helper()
	err := fs.WalkDir(root, dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ext || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if err == nil {
			use(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
