package stack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"switchyard/internal/stack/process"
)

// progressInterval is how often a build says that it is still going on.
const progressInterval = 5 * time.Second

// lockInterval is how often a waiting process looks whether another has finished.
const lockInterval = 200 * time.Millisecond

// build is a folder that is made once from a Go module, and then kept in the
// user's cache under a name that changes with the module and the toolchain.
type build struct {
	label string            // for messages: the Inngest server
	verb  string            // for messages: building
	name  string            // of the folder: inngest
	files map[string][]byte // of the module: go.mod, go.sum
	cache string            // where builds are kept
	// recipe fills the empty folder target from module, a folder with the files,
	// which is its own to change.
	recipe func(ctx context.Context, module, target string) error
}

// once returns the finished folder. If several processes want it at the same
// moment, one builds and the others wait.
func (b build) once(ctx context.Context, progress func(string)) (string, error) {
	if progress == nil {
		progress = func(string) {}
	}
	finished := filepath.Join(b.cache, b.key())
	if exists(finished) {
		return finished, nil
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil { //nolint:gosec // holds programs, which anybody may run
		return "", err
	}
	lock, err := b.lock(ctx, finished+".lock", progress)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if exists(finished) { // somebody else has done it while we waited
		return finished, nil
	}
	target, module := finished+".new", finished+".source"
	wipe := func() error { return errors.Join(os.RemoveAll(target), os.RemoveAll(module)) }
	if err := wipe(); err != nil { // of a build that was killed
		return "", err
	}
	defer func() { _ = wipe() }()
	if err := os.Mkdir(target, 0o755); err != nil { //nolint:gosec // holds programs, which anybody may run
		return "", err
	}
	if err := writeFiles(module, b.files); err != nil {
		return "", err
	}
	if err := b.run(ctx, module, target, progress); err != nil {
		return "", err
	}
	return finished, os.Rename(target, finished)
}

// key returns the name of the finished folder.
func (b build) key() string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		fmt.Fprintf(hash, "%s %d\n%s", name, len(b.files[name]), b.files[name])
	}
	toolchain := strings.ReplaceAll(runtime.Version(), " ", "_")
	return fmt.Sprintf("%s-%x-%s-%s-%s", b.name, hash.Sum(nil)[:6], toolchain, runtime.GOOS, runtime.GOARCH)
}

// lock waits until no other process builds this.
func (b build) lock(ctx context.Context, path string, progress func(string)) (*process.Locked, error) {
	began := time.Now()
	said := began.Add(-progressInterval)
	for {
		f, err := process.Lock(path)
		if !errors.Is(err, process.ErrInUse) {
			return f, err
		}
		if time.Since(said) >= progressInterval {
			said = time.Now()
			progress(fmt.Sprintf("waiting for another process that is %s %s: %s", b.verb, b.label, seconds(began)))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockInterval):
		}
	}
}

// run carries the recipe out and tells progress how long it has been at it.
func (b build) run(ctx context.Context, module, target string, progress func(string)) error {
	began := time.Now()
	done := make(chan error, 1)
	go func() { done <- b.recipe(ctx, module, target) }()
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		progress(fmt.Sprintf("%s %s, once: %s", b.verb, b.label, seconds(began)))
		select {
		case err := <-done:
			return err
		case <-tick.C:
		}
	}
}

func seconds(since time.Time) string { return fmt.Sprintf("%.0f s", time.Since(since).Seconds()) }

// cacheDir returns the folder for what is built or downloaded once.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil { // no home
		// Programs are run from it, and anybody can write to the folder above it.
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("switchyard-cache-%d", os.Geteuid()))
		return dir, makeOwn(dir)
	}
	return filepath.Join(cache, "switchyard"), nil
}

// runGo runs the go command in the module's folder. Settings of the caller that
// make sense for the caller's module alone do not reach it.
func runGo(ctx context.Context, module string, args ...string) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "go", args...)
	cmd.Dir = module
	// Not "GOFLAGS=": what is empty here is looked up in the user's go env file.
	setEnv(cmd, nil, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GO111MODULE=on", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	out, err := process.Run(ctx, process.Command{Cmd: cmd})
	if ctx.Err() != nil {
		return fmt.Errorf("go %s: %w", strings.Join(args, " "), ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("go %s in %s: %w; it said:\n%s", strings.Join(args, " "), module, err, quote(out))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
