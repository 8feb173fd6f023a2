package container_test

import (
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"switchyard/router/internal/container"
)

func TestDivide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		children   int
		own, child int64
	}{
		{0, 1000, 0}, {1, 500, 500}, {3, 502, 166}, {500, 500, 1},
	} {
		if own, child := container.Divide(1000, tt.children); own != tt.own || child != tt.child {
			t.Errorf("%d children: %d and %d, want %d and %d", tt.children, own, child, tt.own, tt.child)
		}
	}
}

// TestFit sets the limit of this process, and so runs alone.
func TestFit(t *testing.T) { //nolint:paralleltest // the limit of memory is the process's
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	fit := func(c container.Config, env ...string) container.Size {
		t.Helper()
		debug.SetMemoryLimit(math.MaxInt64)
		c.Getenv = func(name string) (value string) {
			for _, kv := range env {
				if v, ok := strings.CutPrefix(kv, name+"="); ok {
					value = v
				}
			}
			return value
		}
		s, err := container.Fit(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const limit = 64 << 20 // less than what this machine's cgroup has, if that has a limit
	procs := runtime.GOMAXPROCS(0)

	got := fit(container.Config{Memory: limit})
	want := container.Size{Memory: limit, MemoryFrom: "MEMORY_LIMIT", GoMemory: limit * 9 / 10, GoFrom: "90 % of the memory", Procs: procs, ProcsFrom: "processors and cgroup"}
	if got != want {
		t.Errorf("a limit: %+v, want %+v", got, want)
	}
	if got := fit(container.Config{Memory: limit, Children: 2}); got.Memory != limit/2 || debug.SetMemoryLimit(-1) != limit/2*9/10 {
		t.Errorf("beside two children: %+v", got)
	}
	if got := fit(container.Config{Memory: limit}, "GOMEMLIMIT=2GiB", "GOMAXPROCS=1"); got.GoFrom != "GOMEMLIMIT" || got.ProcsFrom != "GOMAXPROCS" || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		t.Errorf("what the environment says is not left alone: %+v", got)
	}
	if got := want.LogValue().String(); !strings.Contains(got, "memoryFrom=MEMORY_LIMIT GOMEMLIMIT=60397977") {
		t.Errorf("the log says %s", got)
	}
	if got := (container.Size{Procs: 2, ProcsFrom: "x"}).LogValue().String(); got != slog.GroupValue(slog.Int("GOMAXPROCS", 2), slog.String("GOMAXPROCSFrom", "x")).String() {
		t.Errorf("the log says %s of no limit", got)
	}
}
