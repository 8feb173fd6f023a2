// Package scaffoldtest gives tests projects to work in.
package scaffoldtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Write writes the files of an archive, in which each stands below a line "-- name --",
// into a new folder, and returns that.
func Write(tb testing.TB, archive string) (root string) {
	tb.Helper()
	text, err := os.ReadFile(archive)
	if err != nil {
		tb.Fatal(err)
	}
	root = tb.TempDir()
	parts := regexp.MustCompile(`(?m)^-- (.+) --\n`).FindAllSubmatchIndex(text, -1)
	for i, p := range parts {
		end := len(text)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		Put(tb, filepath.Join(root, string(text[p[2]:p[3]])), string(text[p[1]:end]))
	}
	return root
}

// Put writes a file.
func Put(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// Files returns the content of the files below root, by their names.
func Files(tb testing.TB, root string) map[string]string {
	tb.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		files[name] = string(text)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}
