package stack_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"switchyard/internal/stack"
)

// module returns the files of a Go module.
func module() map[string][]byte {
	return map[string][]byte{"go.mod": []byte("module m\n\ngo 1.26\n"), "go.sum": nil}
}

func TestBuildOnce(t *testing.T) {
	t.Parallel()
	var built atomic.Int32
	once := stack.Build("thing", module(), t.TempDir(), func(_ context.Context, _, target string) error {
		built.Add(1)
		return os.WriteFile(filepath.Join(target, "program"), nil, 0o600)
	})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			dir, err := once(t.Context(), nil)
			if err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "program")); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := built.Load(); n != 1 {
		t.Errorf("built %d times", n)
	}
}

func TestBuildAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	result := broken
	once := stack.Build("thing", module(), t.TempDir(), func(_ context.Context, _, target string) error {
		left, err := os.ReadDir(target)
		if err != nil || len(left) != 0 {
			t.Errorf("the recipe finds %v, %v", left, err)
		}
		return errors.Join(os.WriteFile(filepath.Join(target, "half"), nil, 0o600), result)
	})
	if _, err := once(t.Context(), nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want the recipe's error", err)
	}
	result = nil
	if _, err := once(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestBuildCanBeGivenUp(t *testing.T) {
	t.Parallel()
	mod, cache := module(), t.TempDir()
	began, release := make(chan struct{}), make(chan struct{})
	first := stack.Build("thing", mod, cache, func(context.Context, string, string) error {
		close(began)
		<-release
		return nil
	})
	done := make(chan error, 1)
	go func() {
		_, err := first(t.Context(), nil)
		done <- err
	}()
	<-began
	second := stack.Build("thing", mod, cache, func(context.Context, string, string) error {
		t.Error("two build at once")
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	said := false
	_, err := second(ctx, func(string) { // that it is waiting
		said = true
		cancel()
	})
	if !errors.Is(err, context.Canceled) || !said {
		t.Errorf("the one who waits gets %v; was told of it: %t", err, said)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What the caller has set for the main module must not break another one.
func TestRunGoInAnotherModule(t *testing.T) {
	t.Setenv("GOFLAGS", "-mod=vendor")
	t.Setenv("GOWORK", filepath.Join(t.TempDir(), "go.work"))
	t.Setenv("GOOS", "windows")
	for _, name := range []string{"postgres", "s3", "inngest"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := stack.WriteTool(dir, name); err != nil {
			t.Fatal(err)
		}
		if err := stack.RunGo(t.Context(), dir, "list", "-m"); err != nil {
			t.Error(err)
		}
	}
}

func TestRunGoCanBeGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := stack.RunGo(ctx, t.TempDir(), "version"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// A tool is built anew when a file of its module changes.
func TestBuildIsKnownByItsFiles(t *testing.T) {
	t.Parallel()
	cache, built := t.TempDir(), map[string]bool{}
	for _, sum := range []string{"", "a", "b", "a"} {
		files := module()
		files["go.sum"] = []byte(sum)
		dir, err := stack.Build("thing", files, cache, func(_ context.Context, module, target string) error {
			if built[sum] {
				t.Errorf("built again for %q", sum)
			}
			built[sum] = true
			text, err := os.ReadFile(filepath.Join(module, "go.sum"))
			return errors.Join(err, os.WriteFile(filepath.Join(target, "program"), text, 0o600))
		})(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "program")); string(got) != sum || err != nil {
			t.Errorf("got %q, %v; want the one made from %q", got, err, sum)
		}
	}
	left, err := os.ReadDir(cache)
	if want := 2 * 3; len(left) != want || err != nil { // each with its lock
		t.Errorf("the cache holds %v, %v; want %d names", left, err, want)
	}
}
