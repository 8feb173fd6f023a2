package pressure

import "runtime/metrics"

// Usage is the memory that the process uses, in bytes.
type Usage struct {
	// Used is what it has of the system, garbage and what is free for later included.
	Used int64
	// Needed is what would be left without those: what the last collection of garbage found
	// in use, and what is not on the heap.
	Needed int64
}

// Metrics of Go's runtime: https://pkg.go.dev/runtime/metrics.
const (
	total    = "/memory/classes/total:bytes"
	released = "/memory/classes/heap/released:bytes"
	objects  = "/memory/classes/heap/objects:bytes"
	free     = "/memory/classes/heap/free:bytes"
	unused   = "/memory/classes/heap/unused:bytes"
	live     = "/gc/heap/live:bytes"
)

// Now returns what is in use now.
func Now() Usage {
	samples := []metrics.Sample{{Name: total}, {Name: released}, {Name: objects}, {Name: free}, {Name: unused}, {Name: live}}
	metrics.Read(samples)
	bytes := func(i int) int64 { return int64(samples[i].Value.Uint64()) } //nolint:gosec // no machine has more
	used := bytes(0) - bytes(1)
	return Usage{Used: used, Needed: used - bytes(2) - bytes(3) - bytes(4) + bytes(5)}
}
