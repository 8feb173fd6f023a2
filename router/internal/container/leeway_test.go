//go:build !race

package container_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"switchyard/router/internal/container"
)

// TestLeeway looks at the heap of this process, and so runs alone. The race detector has memory of its own
// for all that is allocated.
func TestLeeway(t *testing.T) { //nolint:paralleltest // the heap is the process's
	// next returns how much the heap is to grow after a collection, and what the system has for it, in bytes.
	next := func(gogc string) (growth, resident int64) {
		t.Helper()
		runtime.GC()
		before := residentBytes(t)
		if _, err := container.Fit(container.Config{Getenv: func(name string) string { return map[string]string{"GOGC": gogc}[name] }}); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		resident = residentBytes(t) - before
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.NextGC - m.HeapAlloc), resident //nolint:gosec // some MiB
	}
	const mib = 1 << 20
	heap := make([]byte, 8*mib) // more than the least that Go lets a heap be
	usual, _ := next("100")     // before any other Fit of this process
	switch growth, resident := next(""); {
	case growth < usual+3*mib:
		t.Errorf("the heap may grow by %d MiB, without leeway by %d", growth/mib, usual/mib)
	case resident > 2*mib:
		t.Errorf("that takes %d MiB", resident/mib)
	}
	runtime.KeepAlive(heap)
}

// residentBytes returns what the process has of the system, and 0 where it does not say.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}
