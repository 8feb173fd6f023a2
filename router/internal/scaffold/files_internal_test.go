package scaffold

import (
	"bytes"
	"go/format"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/version"
)

// options are those of a project, bare or not.
func options(bare bool) Options {
	return Options{Module: "example.com/acme/orders", Name: "Acme Orders", Bare: bare, Out: io.Discard}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		files, err := options(bare).files()
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for name, text := range files {
			if strings.Contains(string(text), "{{") || strings.Contains(string(text), "<no value>") {
				t.Errorf("%s is not filled in", name)
			}
			if path.Ext(name) != ".go" {
				continue
			}
			lines += bytes.Count(text, []byte("\n"))
			formatted, err := format.Source(text)
			if err != nil || !bytes.Equal(formatted, text) {
				t.Errorf("%s is not formatted: %v\n%s", name, err, formatted)
			}
		}
		if lines > 600 {
			t.Errorf("bare: %t: %d lines of Go, want 600 at most", bare, lines)
		}
		t.Logf("bare: %t: %d files, %d lines of Go", bare, len(files), lines)
		if n := bytes.Count(files["router/main.go"], []byte("\n")); n > 15 {
			t.Errorf("router/main.go has %d lines, want 15 at most", n)
		}
		if bare && strings.Contains(string(files[".railway/railway.ts"])+string(files["README.md"]), "BETTER_AUTH") {
			t.Error("a bare project is asked for a secret")
		}
	}
}

// Where a project's files are those of this repository, they stay in step.
func TestSameAsHere(t *testing.T) {
	t.Parallel()
	files, err := options(false).files()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		".railway/check.mjs", ".railway/package.json", ".railway/package-lock.json", ".railway/tsconfig.json", ".gitattributes", ".editorconfig",
	} {
		here, err := os.ReadFile(filepath.Join("../../..", name))
		if err != nil || !bytes.Equal(here, files[name]) {
			t.Errorf("%s is not what this repository has: %v", name, err)
		}
	}
	here, err := os.ReadFile("../../../railway.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, settings, _ := strings.Cut(string(here), "[build]")
	if !strings.Contains(string(files["railway.toml"]), settings) {
		t.Error("railway.toml has other settings than this repository's")
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(full, "notes.txt")
	const good = "example.com/acme/orders"
	for name, tt := range map[string]struct {
		dir, module, name string
		want              []string // of the error
	}{
		"folder not empty":     {full, good, "", []string{"is not empty (it has notes.txt)"}},
		"folder is a file":     {file, good, "", []string{"cannot be used"}},
		"no module":            {"", "", "", []string{"--module", "example.com/you/orders"}},
		"malformed":            {"", "example.com/a b", "Orders", []string{"--module", "invalid char"}},
		"no dot":               {"", "orders", "", []string{"missing dot"}},
		"upper case host":      {"", "Example.com/orders", "", []string{"--module"}},
		"internal":             {"", "example.com/internal/orders", "", []string{"below internal/ cannot be imported"}},
		"no letter of ASCII":   {"", "example.com/ä", "", []string{"^--module: malformed module path \"example.com/ä\": invalid char 'ä'; want a path such as example.com/you/orders$"}},
		"standard library":     {"", "net/http", "Orders", []string{"standard library"}},
		"its name":             {"", "example.com/acme/time", "", []string{"--name", "standard library"}},
		"the framework":        {"", version.Module(), "Orders", []string{"the path of the framework"}},
		"inside the framework": {"", version.Module() + "/orders", "", []string{"the path of the framework"}},
		"name":                 {"", good, "a\"b", []string{"--name"}},
		"name too long":        {"", good, strings.Repeat("a", 61), []string{"--name", "too long"}},
		"all at once":          {full, "orders", "<b>", []string{"is not empty", "missing dot", "--name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			dir := tt.dir
			if dir == "" {
				dir = filepath.Join(top, "orders")
			}
			err := Init(t.Context(), Options{Dir: dir, Module: tt.module, Name: tt.name, Out: io.Discard})
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range tt.want {
				if !strings.Contains("^"+err.Error()+"$", want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
			if entries, _ := os.ReadDir(top); len(entries) > 0 {
				t.Errorf("it wrote %s", entries[0].Name())
			}
		})
	}
	if entries, _ := os.ReadDir(full); len(entries) != 1 {
		t.Errorf("it wrote into the full folder: %v", entries)
	}
}

// What fails on the way leaves nothing.
func TestWithin(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{false, true} {
		top := t.TempDir()
		dir := filepath.Join(top, "a", "b")
		if there {
			dir = top
		}
		fails := func(tmp string) error {
			return writeFile(tmp, "x/y", nil)
		}
		if err := within(dir, func(tmp string) error { _ = fails(tmp); return os.ErrClosed }); err == nil {
			t.Error("no error")
		}
		if entries, err := os.ReadDir(top); err != nil || len(entries) > 0 {
			t.Errorf("left are %v, %v", entries, err)
		}
		if err := within(dir, fails); err != nil {
			t.Error(err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "x" {
			t.Errorf("there are %v, %v", entries, err)
		}
	}
}

// A project in the checkout names it by a relative path, any other by an absolute one.
func TestFrom(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := framework{dir: filepath.Join(root, "checkout")}
	for dir, want := range map[string]string{
		"checkout/examples/shop": "../..",
		"checkouts/shop":         f.dir,
		"shop":                   f.dir,
	} {
		if got := f.from(filepath.Join(root, dir)); got != want {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
}
