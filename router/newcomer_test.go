package main

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFirstFunction does what the README tells a newcomer: it adds the function
// that stands there, generates, builds, and calls it.
func TestFirstFunction(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile("(?s)```go\n(// Package hello .*?)```").FindSubmatch(readme)
	if source == nil {
		t.Fatal("the README shows no package hello")
	}
	root := copyModule(t)
	folder := filepath.Join(root, "functions", "api", "hello")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "hello.go"), source[1], 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "router")
	goIn(t, root, "generate", "./router/catalog")
	goIn(t, root, "build", "-o", binary, "./router")

	d, _ := startProcess(t, binary, environment(t, ""))
	var greeting string
	if status := d.call(http.MethodGet, "/api/hello", nil, &greeting); status != http.StatusOK || greeting != "Hello." {
		t.Errorf("got %d %q", status, greeting)
	}
	var document struct{ Paths map[string]any }
	d.call(http.MethodGet, "/openapi.json", nil, &document)
	if document.Paths["/api/hello"] == nil {
		t.Error("it is not in the OpenAPI document")
	}
	list, err := exec.CommandContext(t.Context(), binary, "functions").Output()
	if err != nil || !strings.Contains(string(list), "api/hello ") {
		t.Errorf("it is not listed: %v\n%s", err, list)
	}
}

// copyModule copies the repository's source into a folder of its own.
func copyModule(t *testing.T) string {
	t.Helper()
	root, from := t.TempDir(), os.DirFS("..")
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "bin"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(root, name), 0o700)
		case !d.Type().IsRegular():
			return nil
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(root, name), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// goIn runs the go command in a folder.
func goIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
