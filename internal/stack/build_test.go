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

// module returns a folder with a go.mod and a go.sum.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.26\n", "go.sum": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuildOnce(t *testing.T) {
	t.Parallel()
	var built atomic.Int32
	once := stack.Build("thing", module(t), t.TempDir(), func(_ context.Context, target string) error {
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
	once := stack.Build("thing", module(t), t.TempDir(), func(_ context.Context, target string) error {
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
	mod, cache := module(t), t.TempDir()
	began, release := make(chan struct{}), make(chan struct{})
	first := stack.Build("thing", mod, cache, func(context.Context, string) error {
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
	second := stack.Build("thing", mod, cache, func(context.Context, string) error {
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
		dir, err := stack.ModuleDir(name)
		if err != nil {
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
	if err := stack.RunGo(ctx, module(t), "version"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
