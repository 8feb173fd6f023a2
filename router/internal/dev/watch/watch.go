// Package watch tells which files of a project change.
package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher tells what changes below root. The file system only says that it is
// time to look; what has changed is found by looking, so that nothing is missed
// (a file that came together with its folder, events that were lost) and nothing
// is reported that did not really change.
type watcher struct {
	root  string
	also  []string // folders of other modules
	skip  string   // the state folder
	seen  map[string]stamp
	seed  maphash.Seed
	watch func(dir string) error // nil after the first scan failed to watch
	short error                  // why not every folder is watched
}

// stamp tells one version of a file from another.
type stamp struct {
	size int64
	mod  time.Time
	hash uint64
}

const (
	debounce = 150 * time.Millisecond // of quiet before a change is acted on
	patience = 2 * time.Second        // at most, if it never gets quiet
)

// Polling is the pause between two looks at the files if the system cannot watch so many folders.
const Polling = time.Second

// Run sends what changes in the project in root until ctx ends, when it returns nil. It looks
// at what a router is built from: the folders and files of the project, but for the folder
// skip, and the modules that go.mod replaces by folders of this machine. It calls ready once
// it is watching.
func Run(ctx context.Context, root, skip string, out chan<- Changes, ready func(warning error)) error {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch files: %w", err)
	}
	defer notify.Close()
	w := &watcher{root: root, skip: skip, seen: map[string]stamp{}, seed: maphash.MakeSeed(), watch: notify.Add}
	w.scan(ctx)
	ready(w.short)
	for {
		if err := w.wait(ctx, notify); err != nil {
			return nil
		}
		found := w.scan(ctx)
		if len(found) == 0 {
			continue
		}
		select {
		case out <- found:
		case <-ctx.Done():
			return nil
		}
	}
}

// wait returns when something may have changed and it is quiet again.
func (w *watcher) wait(ctx context.Context, notify *fsnotify.Watcher) error {
	var quiet, latest, poll <-chan time.Time
	if w.short != nil {
		poll = time.After(Polling)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-notify.Events:
			if e.Op == fsnotify.Chmod {
				continue // reading is no change
			}
			quiet = time.After(debounce)
		case <-notify.Errors: //nolint:errcheck // events were lost; a look finds them
			quiet = time.After(debounce)
		case <-poll:
			return nil
		case <-quiet:
			return nil
		case <-latest:
			return nil
		}
		if latest == nil {
			latest = time.After(patience)
		}
	}
}

// scan looks at every file, watches every folder, and returns what has changed
// since the last scan.
func (w *watcher) scan(ctx context.Context) Changes {
	var found Changes
	here := map[string]bool{}
	look := func(name string, info fs.FileInfo) {
		here[name] = true
		if w.changed(name, info) {
			found = append(found, name)
		}
	}
	w.try(w.root)
	for _, name := range []string{"go.mod", "go.sum", "go.work", ".env"} {
		if info, err := os.Stat(filepath.Join(w.root, name)); err == nil {
			look(name, info)
		}
	}
	if slices.Contains(found, "go.mod") {
		w.also = replacements(ctx, w.root)
	}
	for _, top := range []string{"functions", "shared", "schema", "router", "internal"} {
		w.walk(filepath.Join(w.root, top), look)
	}
	for _, dir := range w.also {
		w.walk(dir, look)
	}
	for name := range w.seen {
		if !here[name] {
			delete(w.seen, name)
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// walk calls file for each watched file below a folder. A folder is watched before it is
// read: what comes later makes an event.
func (w *watcher) walk(dir string, file func(name string, info fs.FileInfo)) {
	_ = filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // gone in the meantime
		case d.IsDir() && w.skips(full):
			return filepath.SkipDir
		case d.IsDir():
			w.try(full)
			return nil
		case !isWatched(d.Name()):
			return nil
		}
		rel, err := filepath.Rel(w.root, full)
		if err != nil {
			return err
		}
		if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() {
			file(filepath.ToSlash(rel), info)
		}
		return nil
	})
}

// try watches dir, and remembers if that is not possible.
func (w *watcher) try(dir string) {
	if err := w.watch(dir); err != nil && w.short == nil && !errors.Is(err, fs.ErrNotExist) {
		w.short = err
	}
}

func (w *watcher) skips(dir string) bool {
	name := filepath.Base(dir)
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || dir == w.skip
}

// isWatched reports whether the binary can depend on a file of this name. What
// the generators write depends on other files, which are watched.
func isWatched(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "_test.go") ||
		strings.HasSuffix(name, "_templ.go") || strings.Contains(name, "_gen.") {
		return false
	}
	switch path.Ext(name) {
	case ".go", ".templ", ".hcl", ".css", ".js", ".sql", ".html", ".svg":
		return true
	}
	return false
}

// changed reports whether the file has other content than when it was last seen,
// and takes note of it.
func (w *watcher) changed(name string, info fs.FileInfo) bool {
	old, known := w.seen[name]
	if known && old.size == info.Size() && old.mod.Equal(info.ModTime()) {
		return false
	}
	content, err := os.ReadFile(filepath.Join(w.root, filepath.FromSlash(name)))
	if err != nil {
		return false // gone again, or not readable yet; the next event tells
	}
	now := stamp{size: info.Size(), mod: info.ModTime(), hash: maphash.Bytes(w.seed, content)}
	w.seen[name] = now
	return !known || old.hash != now.hash
}

// replacements returns the folders by which the go.mod in root replaces modules: a framework
// that is being worked on beside the project, for example. It returns none if go.mod cannot
// be read, which the build will say.
func replacements(ctx context.Context, root string) []string {
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir = root
	text, err := cmd.Output()
	if err != nil {
		return nil
	}
	var module struct {
		Replace []struct {
			New struct{ Path, Version string }
		}
	}
	if err := json.Unmarshal(text, &module); err != nil {
		return nil
	}
	var folders []string
	for _, r := range module.Replace {
		dir := r.New.Path
		if r.New.Version != "" { // another module, not a folder
			continue
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(root, dir)
		}
		folders = append(folders, dir)
	}
	return folders
}
