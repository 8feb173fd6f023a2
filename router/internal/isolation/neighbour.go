package isolation

import (
	"net/http"
	"slices"

	"switchyard/router/internal/function"
)

// Neighbour is a way to do harm: a bad function, and how it is called.
type Neighbour struct {
	Name string // on the command line
	Does string // in a few words
	// Function is its name; "" for none, which shows how far two runs differ by chance.
	Function string
	Rate     float64 // calls a second, of which the first comes at once
	Most     int     // calls in all; 0 is no bound
	Reader   Reader
	Body     int // bytes of the request's; 0 is a GET
	// Ends says that in one process with others it is the end of them all: nothing that is
	// written in Go could hold it.
	Ends bool
	// Memory is what MEMORY_LIMIT says, in MiB; 0 is nothing.
	Memory int
	// Space is the address space of each process, in MiB, in place of a container's limit;
	// 0 is no bound.
	Space int

	needs string // the service without which there is no such function
	job   bool   // it is called as Inngest calls it
}

// Reader is what a caller does with an answer.
type Reader int

// The readers.
const (
	Fast    Reader = iota // reads it all
	Stopped               // hangs up after its first bytes
	Stalled               // reads nothing, and stays
)

// Neighbours returns all of them: first the one that does nothing.
func Neighbours() []Neighbour {
	const bad = "isolation/bad/"
	return []Neighbour{
		{Name: "none", Does: "nothing: what two runs differ by chance"},
		{Name: "panic", Does: "panics in its handler", Function: bad + "panics", Rate: 20},
		{Name: "goroutine-panic", Does: "panics in a goroutine", Function: bad + "gopanics", Rate: 1, Ends: true},
		{Name: "map-race", Does: "writes to a map from several goroutines", Function: bad + "maprace", Rate: 1, Ends: true},
		{Name: "stack-overflow", Does: "calls itself for ever", Function: bad + "recursion", Rate: 1, Ends: true},
		{Name: "exit", Does: "calls os.Exit", Function: bad + "exits", Rate: 1, Ends: true},
		{Name: "deadlock", Does: "waits for ever, and ignores its context", Function: bad + "deadlock", Rate: 40},
		{Name: "spin", Does: "keeps a processor busy for ever", Function: bad + "spin", Rate: 1, Most: 1},
		{Name: "spin-4", Does: "the same in four calls", Function: bad + "spin", Rate: 50, Most: 4},
		{Name: "goroutine-leak", Does: "leaves 500 goroutines behind, 20 times a second", Function: bad + "leak", Rate: 20},
		{Name: "memory", Does: "holds 512 MiB for a second", Function: bad + "memory", Rate: 1},
		{Name: "memory-limit", Does: "the same four times a second, and MEMORY_LIMIT is 1 GiB", Function: bad + "memory", Rate: 4, Memory: 1024},
		{Name: "memory-endless", Does: "takes memory until there is none of 3.5 GiB", Function: bad + "exhaustion", Rate: 1, Space: 3584, Ends: true},
		{Name: "held-transaction", Does: "12 calls hold a transaction for ever", Function: bad + "dbhold", Rate: 50, Most: 12, needs: "db"},
		{Name: "leaked-transaction", Does: "12 calls begin a transaction, and forget it", Function: bad + "dbleak", Rate: 50, Most: 12, needs: "db"},
		{Name: "unread-body", Does: "answers without a look at the body, of 900 kB", Function: bad + "unread", Rate: 20, Body: 900_000},
		{Name: "endless", Does: "never ends its answer, and the reader is fast", Function: bad + "endless", Rate: 1, Most: 1},
		{Name: "endless-stopped", Does: "never ends its answer, and the reader hangs up", Function: bad + "endless", Rate: 1, Most: 3, Reader: Stopped},
		{Name: "endless-stalled", Does: "never ends its answer, and the reader stops to read", Function: bad + "endless", Rate: 20, Most: 20, Reader: Stalled},
		{Name: "blocked-step", Does: "30 runs of a job with a step that never ends", Function: bad + "blockedstep", Rate: 50, Most: 30, job: true},
	}
}

// Fitting returns those neighbours that a program of these functions can have: to hold a
// transaction takes a database, and to block a step a host of jobs.
func Fitting(own []function.Function) []Neighbour {
	services, jobs := function.Needs(own).Services(), len(function.Durable(own)) > 0
	return slices.DeleteFunc(Neighbours(), func(n Neighbour) bool {
		return n.job && !jobs || n.needs != "" && !slices.Contains(services, n.needs)
	})
}

// Paths returns what anybody may ask of these functions with a GET, without parameters.
func Paths(own []function.Function) []string {
	paths := []string{"/livez", "/isolation/good/ping"}
	if slices.Contains(function.Needs(own).Services(), "db") {
		paths = append(paths, "/isolation/good/query")
	}
	for _, f := range own {
		if path, ok := askable(f); ok {
			paths = append(paths, path)
		}
	}
	return paths
}

// method returns how the function is called.
func (n Neighbour) method() string {
	if n.Body > 0 || n.job {
		return http.MethodPost
	}
	return http.MethodGet
}
