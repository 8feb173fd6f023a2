package fresh_test

import (
	"errors"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/generate/fresh"
)

// project has files of each kind, and the modules in whose places its go.mod and workspace put folders.
func project(t *testing.T) (root string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mine/go.mod":                        "module example.com/mine\n\ngo 1.26\n\nrequire example.com/other v1.0.0\n\nreplace example.com/other => ../other\n",
		"mine/go.sum":                        "",
		"mine/functions/api/a/a.go":          "package a\n\ntype Input struct {\n\tB int `query:\"b\"`\n}\n",
		"mine/functions/api/a/a_test.go":     "package a\n",
		"mine/shared/s/s.go":                 "package s\n",
		"mine/shared/s/q.sql":                "SELECT 1",
		"mine/schema/schema.hcl":             "schema \"public\" {}\n",
		"mine/web/p.templ":                   "package web\n",
		"mine/web/p.css":                     "body {}",
		"mine/router/catalog/catalog_gen.go": "package catalog\n",
		"mine/nested/go.mod":                 "module example.com/nested\n",
		"mine/nested/n.go":                   "package nested\n",
		"mine/.git/HEAD":                     "x",
		"mine/.switchyard/dev.json":          "{}",
		"other/go.mod":                       "module example.com/other\n",
		"other/o.go":                         "package other\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	return filepath.Join(dir, "mine")
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, root string) *fresh.State {
	t.Helper()
	s, err := fresh.Take(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keep keeps that all is fresh.
func keep(t *testing.T, root string) fresh.Store {
	t.Helper()
	store := fresh.Store{Dir: t.TempDir()}
	if err := store.Keep(take(t, root), take(t, root), nil, []byte(`"all is fresh"`)); err != nil {
		t.Fatal(err)
	}
	if got := string(store.Find(take(t, root))); got != `"all is fresh"` {
		t.Fatalf("of what has not changed it knows %q", got)
	}
	return store
}

func TestChanges(t *testing.T) {
	t.Parallel()
	edit := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, root string) { t.Helper(); write(t, filepath.Join(root, name), text) }
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, root string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(root, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, change := range map[string]func(*testing.T, string){
		"a tag":                     edit("functions/api/a/a.go", "package a\n\ntype Input struct {\n\tB int `query:\"c\"`\n}\n"),
		"a test":                    edit("functions/api/a/a_test.go", "package b\n"),
		"a shared package":          edit("shared/s/s.go", "package s // changed\n"),
		"SQL that is embedded":      edit("shared/s/q.sql", "SELECT 2"),
		"the schema":                edit("schema/schema.hcl", "schema \"private\" {}\n"),
		"a template":                edit("web/p.templ", "package web // changed\n"),
		"go.mod":                    edit("go.mod", "module example.com/mine\n\ngo 1.25\n"),
		"go.sum":                    edit("go.sum", "x"),
		"what is generated":         edit("router/catalog/catalog_gen.go", "package catalog // changed\n"),
		"a module in its folder":    edit("../other/o.go", "package other // changed\n"),
		"a new function":            edit("functions/api/b/b.go", "package b\n"),
		"a new asset":               edit("web/q.css", ""),
		"a new file in vendor":      edit("vendor/modules.txt", ""),
		"a module in a folder":      edit("shared/s/go.mod", "module example.com/s\n"),
		"a function is gone":        remove("functions/api/a"),
		"an asset is gone":          remove("web/p.css"),
		"go.sum is gone":            remove("go.sum"),
		"what is generated is gone": remove("router/catalog/catalog_gen.go"),
		"a module is none any more": remove("nested/go.mod"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := project(t)
			store := keep(t, root)
			change(t, root)
			if got := store.Find(take(t, root)); got != nil {
				t.Error("it has not seen it")
			}
		})
	}
}

// What has nothing to do with it changes nothing.
func TestNoChanges(t *testing.T) {
	t.Parallel()
	root := project(t)
	store := keep(t, root)
	for _, name := range []string{"web/p.css", "nested/n.go", ".git/HEAD", ".git/index", ".switchyard/dev.json", ".switchyard/new"} {
		write(t, filepath.Join(root, name), "changed")
	}
	if store.Find(take(t, root)) == nil {
		t.Error("it takes them for inputs")
	}
}

// The settings of the go command count, and those with which it reads other files are not known.
func TestSettings(t *testing.T) {
	root := project(t)
	store := keep(t, root)
	cgo := "CGO_ENABLED=0"
	if !build.Default.CgoEnabled {
		cgo = "CGO_ENABLED=1"
	}
	for _, kv := range []string{"GOFLAGS=-tags=a", cgo, "GOARCH=riscv64"} {
		name, value, _ := strings.Cut(kv, "=")
		t.Run(kv, func(t *testing.T) {
			t.Setenv(name, value)
			if store.Find(take(t, root)) != nil {
				t.Error("it has not seen it")
			}
		})
	}
	t.Run("another Go", func(t *testing.T) {
		real, err := exec.LookPath("go")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		write(t, filepath.Join(dir, "go"), "#!/bin/sh\n"+real+" \"$@\" | sed 's/\"GOVERSION\": \"/&other-/'\n")
		if err := os.Chmod(filepath.Join(dir, "go"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
		if store.Find(take(t, root)) != nil {
			t.Error("it has not seen it")
		}
	})
	t.Run("a workspace", func(t *testing.T) { //nolint:paralleltest // it sets the environment
		write(t, filepath.Join(root, "../third/go.mod"), "module example.com/third\n")
		write(t, filepath.Join(root, "../go.work"), "go 1.26\n\nuse ./mine\nuse ./third\n")
		if store.Find(take(t, root)) != nil {
			t.Error("it has not seen it")
		}
		store := keep(t, root)
		write(t, filepath.Join(root, "../third/t.go"), "package third\n")
		if store.Find(take(t, root)) != nil {
			t.Error("it has not seen what has changed in another module")
		}
	})
	t.Setenv("GOFLAGS", "-overlay=x.json")
	if _, err := fresh.Take(t.Context(), root); !errors.Is(err, fresh.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, string){
		"C": func(t *testing.T, root string) {
			t.Helper()
			write(t, filepath.Join(root, "shared/c/c.go"), "package c\n\n// #include \"c.inc\"\nimport \"C\"\n")
		},
		"a link to a folder": func(t *testing.T, root string) {
			t.Helper()
			if err := os.Symlink(t.TempDir(), filepath.Join(root, "shared/link")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := project(t)
			change(t, root)
			if _, err := fresh.Take(t.Context(), root); !errors.Is(err, fresh.ErrUnknown) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What changes while it is read is not known, also if it is put back; what is generated is.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	const file, catalog = "shared/s/s.go", "router/catalog/catalog_gen.go"
	for name, tt := range map[string]struct {
		meanwhile func(root string) error
		kept      bool
	}{
		"edited": {func(root string) error {
			return os.WriteFile(filepath.Join(root, file), []byte("package s // changed\n"), 0o600)
		}, false},
		"put back": {func(root string) error {
			return os.Chtimes(filepath.Join(root, file), time.Time{}, time.Now().Add(time.Second))
		}, false},
		"added": {func(root string) error {
			return os.WriteFile(filepath.Join(root, "shared/s/new.go"), []byte("package s\n"), 0o600)
		}, false},
		"removed": {func(root string) error { return os.Remove(filepath.Join(root, file)) }, false},
		"generated": {func(root string) error {
			return os.WriteFile(filepath.Join(root, catalog), []byte("package catalog // changed\n"), 0o600)
		}, true},
	} {
		root, store := project(t), fresh.Store{Dir: t.TempDir()}
		before := take(t, root)
		if err := tt.meanwhile(root); err != nil {
			t.Fatal(err)
		}
		if err := store.Keep(before, take(t, root), []string{catalog}, []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		if kept := store.Find(take(t, root)) != nil; kept != tt.kept {
			t.Errorf("%s: kept is %t", name, kept)
		}
	}
}

// A store is bounded, and what is in it may be broken.
func TestStore(t *testing.T) {
	t.Parallel()
	root := project(t)
	store := keep(t, root)
	for range 80 {
		write(t, filepath.Join(store.Dir, time.Now().Format("150405.000000000")+".json"), "{")
	}
	if err := store.Keep(take(t, root), take(t, root), nil, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(store.Dir, "*"))
	if err != nil || len(names) > 64 || store.Find(take(t, root)) == nil {
		t.Errorf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		write(t, name, "{")
	}
	if store.Find(take(t, root)) != nil {
		t.Error("it believes a broken file")
	}
}
