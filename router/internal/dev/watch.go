package dev

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Changes are files that came, went, or have other content than before, as paths
// relative to the root, with slashes.
type changes []string

// watcher tells what changes below root. The file system only says that it is
// time to look; what has changed is found by looking, so that nothing is missed
// (a file that came together with its folder, events that were lost) and nothing
// is reported that did not really change.
type watcher struct {
	root  string
	skip  string // the state folder
	seen  map[string]stamp
	seed  maphash.Seed
	watch func(dir string) error // nil after the first scan failed to watch
	short error                  // why not every folder is watched
}

// stamp is what is known of a file.
type stamp struct {
	size int64
	mod  time.Time
	hash uint64
}

const (
	debounce = 150 * time.Millisecond // of quiet before a change is acted on
	patience = 2 * time.Second        // at most, if it never gets quiet
	polling  = time.Second            // if the system cannot watch so many folders
)

// watch sends what changes below root until ctx ends, when it returns nil. It
// calls ready once it is watching.
func watch(ctx context.Context, root, skip string, out chan<- changes, ready func(warning error)) error {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch files: %w", err)
	}
	defer notify.Close()
	w := &watcher{root: root, skip: skip, seen: map[string]stamp{}, seed: maphash.MakeSeed(), watch: notify.Add}
	w.scan()
	ready(w.short)
	for {
		if err := w.wait(ctx, notify); err != nil {
			return nil
		}
		found := w.scan()
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
		poll = time.After(polling)
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
func (w *watcher) scan() changes {
	var found changes
	here := map[string]bool{}
	w.try(w.root)
	for _, top := range []string{"functions", "shared", "schema", "router"} {
		w.walk(top, func(name string, info fs.FileInfo) {
			here[name] = true
			if w.changed(name, info) {
				found = append(found, name)
			}
		})
	}
	for _, name := range []string{"go.mod", "go.sum", ".env"} {
		if info, err := os.Stat(filepath.Join(w.root, name)); err == nil {
			here[name] = true
			if w.changed(name, info) {
				found = append(found, name)
			}
		}
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

// walk calls file for each watched file below the folder top. A folder is watched
// before it is read: what comes later makes an event.
func (w *watcher) walk(top string, file func(name string, info fs.FileInfo)) {
	_ = filepath.WalkDir(filepath.Join(w.root, top), func(full string, d fs.DirEntry, err error) error {
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
		strings.HasSuffix(name, "_templ.go") || name == "catalog_gen.go" {
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

// templates reports whether templates changed.
func (c changes) templates() bool {
	return slices.ContainsFunc(c, func(name string) bool { return path.Ext(name) == ".templ" })
}

// below reports whether something below one of the folders changed.
func (c changes) below(folders ...string) bool {
	return slices.ContainsFunc(c, func(name string) bool {
		return slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(name, f+"/") })
	})
}

// String names the files, for people.
func (c changes) String() string {
	const most = 2
	if len(c) <= most {
		return strings.Join(c, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(c[:most], ", "), len(c)-most)
}

// merge returns c and other, each file once.
func (c changes) merge(other changes) changes {
	all := slices.Concat(c, other)
	slices.Sort(all)
	return slices.Compact(all)
}
