package watch_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/await"
	"switchyard/router/internal/dev/watch"
)

// watched is a tree that is being watched.
type watched struct {
	t      *testing.T
	root   string
	got    chan watch.Changes
	before map[string]bool // what was waited for
}

func newWatched(t *testing.T) watched {
	t.Helper()
	w := watched{t: t, root: t.TempDir(), got: make(chan watch.Changes), before: map[string]bool{}}
	w.write("functions/api/hello/hello.go", "package hello")
	w.write("shared/ui/page.templ", "package ui")
	w.write("go.mod", "module fake")
	w.write("router/main.go", "package main")
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- watch.Run(ctx, w.root, filepath.Join(w.root, "router", "state"), w.got, func(warning error) {
			if warning != nil {
				t.Errorf("warning: %v", warning)
			}
			close(ready)
		})
	}()
	<-ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watching ended with %v", err)
		}
	})
	return w
}

func (w watched) path(name string) string { return filepath.Join(w.root, filepath.FromSlash(name)) }

func (w watched) write(name, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w watched) rename(from, to string) {
	w.t.Helper()
	if err := os.Rename(w.path(from), w.path(to)); err != nil {
		w.t.Fatal(err)
	}
}

// want waits for changes until they are exactly names. A change that was waited for before may be
// reported once more: a file that is written is empty first, for as long as a busy machine likes.
func (w watched) want(names ...string) {
	w.t.Helper()
	want := map[string]bool{}
	for _, name := range names {
		want[name] = true
	}
	got := map[string]bool{}
	for len(got) < len(want) {
		select {
		case c := <-w.got:
			for _, name := range c {
				if want[name] || !w.before[name] {
					got[name] = true
				}
			}
		case <-time.After(await.Patience):
			w.t.Fatalf("nothing more was reported after %v, want %v", got, names)
		}
	}
	maps.Copy(w.before, want)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWatched(t)

	w.write("functions/api/hello/hello.go", "package hello // changed")
	w.want("functions/api/hello/hello.go")

	// A folder that comes with everything in it, several levels deep.
	if err := os.MkdirAll(w.path("tmp/new/deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("tmp/new/deep/deep.go", "package deep")
	w.rename("tmp/new", "functions/new")
	w.want("functions/new/deep/deep.go")

	// ...is watched from then on.
	w.write("functions/new/deep/deep.go", "package deep // changed")
	w.write("functions/new/deep/style.css", "a{}")
	w.want("functions/new/deep/deep.go", "functions/new/deep/style.css")

	// Renaming a folder takes its files away and brings them again.
	w.rename("functions/new", "functions/old")
	w.want("functions/new/deep/deep.go", "functions/new/deep/style.css",
		"functions/old/deep/deep.go", "functions/old/deep/style.css")
	w.write("functions/old/deep/deep.go", "package deep // changed again")
	w.want("functions/old/deep/deep.go")

	// The way most editors save: a new file in place of the old one.
	w.write("functions/api/hello/.hello.go.swp", "package hello // saved")
	w.rename("functions/api/hello/.hello.go.swp", "functions/api/hello/hello.go")
	w.want("functions/api/hello/hello.go")

	if err := os.RemoveAll(w.path("functions/old")); err != nil {
		t.Fatal(err)
	}
	w.want("functions/old/deep/deep.go", "functions/old/deep/style.css")

	w.write("go.mod", "module other")
	w.write(".env", "A=1")
	w.want("go.mod", ".env")
}

func TestWatchIgnores(t *testing.T) {
	t.Parallel()
	w := newWatched(t)

	w.write("functions/api/hello/hello.go", "package hello")          // the same content
	w.write("shared/ui/page_templ.go", "package ui")                  // written by a generator
	w.write("router/catalog/catalog_gen.go", "package catalog")       // likewise
	w.write("router/catalog/schema_gen.hcl", "")                      // likewise
	w.write("functions/api/hello/hello_test.go", "package hello")     // not in the binary
	w.write("functions/api/hello/notes.txt", "")                      // likewise
	w.write("functions/api/hello/testdata/a.go", "package a")         // likewise
	w.write("functions/.git/a.go", "package a")                       // a hidden folder
	w.write("functions/web/node_modules/a/a.js", "")                  // not ours
	w.write("router/state/bin/a.go", "package a")                     // the state folder
	w.write("bench/a.go", "package a")                                // another module
	w.write("functions/api/hello/.#hello.go", "package hello")        // an editor's
	w.write("router/main.go", "package main // the only real change") // last
	w.want("router/main.go")
}

// A framework that go.mod replaces by a folder is built into the app too.
func TestWatchReplacements(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.write("elsewhere/shared/fn/fn.go", "package fn")
	w.write("go.mod", "module fake\n\nreplace example.com/framework => ./elsewhere\n")
	w.want("go.mod", "elsewhere/shared/fn/fn.go")
	w.write("elsewhere/shared/fn/fn.go", "package fn // changed")
	w.want("elsewhere/shared/fn/fn.go")
}

func TestOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		changed watch.Changes
		want    bool
	}{
		{watch.Changes{"router/main.go", ".env"}, true},
		{watch.Changes{"router/main.go", "../router/cli/cli.go"}, false},
		{watch.Changes{"routers/a.go"}, false},
		{watch.Changes{"go.mod"}, false},
	} {
		if got := tt.changed.Only("router", ".env"); got != tt.want {
			t.Errorf("%v: got %t", tt.changed, got)
		}
	}
}
