package main_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// repository is what the program is tried on. In each file, the path is written as
// PATH where it is meant, and as yard where it only looks so.
var repository = map[string]string{ //nolint:gochecknoglobals // read only
	"go.mod": `module PATH

go 1.26.4

require (
	example.org/yard v1.0.0
)

tool PATH/router/internal/yard
`,
	"bench/go.mod": `module PATH/bench

replace PATH => ../

require (
	PATH v0.0.0
)
`,
	"shared/db/db.go": `// Package db is documented at https://pkg.go.dev/PATH/shared/db, see PATH/router.
package db

import (
	"context"

	"PATH/shared/fault"

	_ "github.com/them/yard/shared/fault"
)

const (
	prefix = "PATH/"
	event  = "yard/probe-"
	table  = "yard_internal.migration"
	folder = ".yard/bin and /var/yard/shared"
	slug   = "yard-jobs-mail"
)
`,
	"functions/page.templ": `import "PATH/shared/ui"
`,
	"router/router.go": "package main\n",
	".golangci.yml": `path: ^router/internal/yard/main.go
      module-path: PATH
      local-prefixes: [PATH]
      pkg: PATH/shared/db # and yard
`,
	"README.md": `Yard: run ` + "`go run PATH/router@v0.1.0 init`" + `, or PATH@latest.
Export YARD_URL, build with -X PATH/router/internal/app.commit=1 -tags yard_nodb; the app is yard.
`,
	"docs/icon.bin": "PATH/shared\x00",
}

// in returns the repository with the path, in which the picture keeps the name yard.
func in(path string) map[string]string {
	files := map[string]string{}
	for name, text := range repository {
		if strings.Contains(text, "\x00") {
			files[name] = text
			continue
		}
		files[name] = strings.ReplaceAll(text, "PATH", path)
	}
	return files
}

func TestRename(t *testing.T) {
	t.Parallel()
	rename := program(t)
	dir := t.TempDir()
	write(t, dir, in("yard"))
	if out, err := run(t, dir, "git", "init", "-q"); err != nil {
		t.Fatal(out, err)
	}
	for _, path := range []string{"example.com/y", "github.com/you/yard/v2", "github.com/you/yard", "yard"} {
		out, err := run(t, dir, rename, path)
		if err != nil || !strings.Contains(out, " is now "+path+": 6 files changed.\n") {
			t.Fatalf("%s: %v\n%s", path, err, out)
		}
		if strings.Contains(out, "git tag") != strings.Contains(path, ".") {
			t.Errorf("%s: a tag serves a path with a dot alone:\n%s", path, out)
		}
		if diff := cmp.Diff(in(path), read(t, dir)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// A module below that requires this one stays as `go mod tidy` writes it.
func TestRequirementsAreSorted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":       "module yard\n",
		"bench/go.mod": "module yard/bench\n\nrequire (\n\texample.org/a v1.0.0\n\tyard v0.0.0\n)\n",
	})
	if out, err := run(t, dir, "git", "init", "-q"); err != nil {
		t.Fatal(out, err)
	}
	if out, err := run(t, dir, program(t), "example.com/y"); err != nil {
		t.Fatal(out, err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "bench", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	want := "module example.com/y/bench\n\nrequire (\n\texample.com/y v0.0.0\n\texample.org/a v1.0.0\n)\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	rename := program(t)
	for path, want := range map[string]string{
		"":                    "malformed",
		"a b":                 "malformed",
		"/yard":               "malformed",
		"github.com/you/":     "malformed",
		"https://example.com": "malformed",
		"../yard":             "malformed",
		"yard":                "the module's path is yard already",
	} {
		dir := t.TempDir()
		write(t, dir, in("yard"))
		if out, err := run(t, dir, "git", "init", "-q"); err != nil {
			t.Fatal(out, err)
		}
		if out, err := run(t, dir, rename, path); err == nil || !strings.Contains(out, want) {
			t.Errorf("%q: got %v, %s; want %q", path, err, out, want)
		}
		if diff := cmp.Diff(in("yard"), read(t, dir)); diff != "" {
			t.Errorf("%q changed (-want +got):\n%s", path, diff)
		}
	}
	if out, err := run(t, t.TempDir(), rename, "example.com/y"); err == nil || !strings.Contains(out, "there is no go.mod here") {
		t.Errorf("outside a module: got %v, %s", err, out)
	}
}

// program builds the program and returns its path.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rename")
	if out, err := run(t, ".", "go", "build", "-o", path, "."); err != nil {
		t.Fatal(out, err)
	}
	return path
}

func run(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// read reads the files of the repository back.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(repository)) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}
