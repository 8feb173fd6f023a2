// Package container knows how much memory the process may use, and has Go make good use of it.
//
// Go follows the container's limit of processors by itself: GOMAXPROCS is the number of
// processors or the limit of the process's cgroup, rounded up and at least 2, and is looked
// at again every second. It does not follow the limit of memory: without GOMEMLIMIT it
// collects garbage when the heap has doubled, and the kernel ends the process before. Nor does
// it know that a small heap may grow more than that: see [Fit].
package container

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// forGo is the part of the memory that Go may use: the rest is for what Go does not count,
// such as the program itself, and for how far it overshoots.
const forGo = 0.9

// Variables of Go's runtime that go before what we find out.
const (
	goMemLimit = "GOMEMLIMIT"
	goMaxProcs = "GOMAXPROCS"
	goGC       = "GOGC"
)

// Config says what a process may use.
type Config struct {
	// Memory is how many bytes this process and its children may use. Defaults to what the
	// container has.
	Memory int64
	// Children is how many processes it starts that use the same memory: see [Divide].
	Children int
	// Getenv reads the environment.
	Getenv func(string) string
}

// Size is what a process may use, and who says so.
type Size struct {
	Memory     int64 // bytes of this process alone; 0 if nobody says
	Child      int64 // bytes of each of its children
	MemoryFrom string
	GoMemory   int64 // GOMEMLIMIT, in bytes; 0 if there is none
	GoFrom     string
	Procs      int // GOMAXPROCS
	ProcsFrom  string
}

// Fit finds out what the process may use, and has Go use no more: it sets GOMEMLIMIT, unless
// the environment does. Unless that has GOGC, Go collects garbage when the heap has doubled and grown
// by 4 MiB. The error is about a limit that cannot be read; then there is none.
func Fit(c Config) (Size, error) {
	if leeway.Store(nil); c.Getenv(goGC) == "" {
		giveLeeway()
	}
	s, err := memory(c)
	switch {
	case c.Getenv(goMemLimit) != "":
		s.GoFrom = goMemLimit
	case s.Memory > 0:
		debug.SetMemoryLimit(int64(float64(s.Memory) * forGo))
		s.GoFrom = "90 % of the memory"
	}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		s.GoMemory = limit
	}
	s.Procs, s.ProcsFrom = runtime.GOMAXPROCS(0), "processors and cgroup"
	if c.Getenv(goMaxProcs) != "" {
		s.ProcsFrom = goMaxProcs
	}
	return s, err
}

// memory returns what the process may use of the memory that it shares with its children.
func memory(c Config) (s Size, err error) {
	all, from := c.Memory, "MEMORY_LIMIT"
	limit, err := memlimit.FromCgroup()
	switch {
	case err == nil && limit > 0 && limit < math.MaxInt64 && (all == 0 || int64(limit) < all):
		all, from = int64(limit), "cgroup"
	case errors.Is(err, memlimit.ErrNoLimit), errors.Is(err, memlimit.ErrNoCgroup), errors.Is(err, memlimit.ErrCgroupsNotSupported):
		err = nil
	case err != nil:
		err = fmt.Errorf("read the container's limit of memory: %w", err)
	}
	if all > 0 {
		s.Memory, s.Child = Divide(all, c.Children)
		s.MemoryFrom = from
	}
	return s, err
}

// Divide returns what a process may use of a memory that it shares with its children, and
// what each of them may: half of it is for them together.
func Divide(memory int64, children int) (own, child int64) {
	if children == 0 {
		return memory, 0
	}
	child = memory / 2 / int64(children)
	return memory - child*int64(children), child
}

// LogValue implements [slog.LogValuer]: what is not known is left out.
func (s Size) LogValue() slog.Value {
	var all []slog.Attr
	if s.Memory > 0 {
		all = append(all, slog.Int64("memory", s.Memory), slog.String("memoryFrom", s.MemoryFrom))
	}
	if s.GoMemory > 0 {
		all = append(all, slog.Int64(goMemLimit, s.GoMemory), slog.String("GOMEMLIMITFrom", s.GoFrom))
	}
	all = append(all, slog.Int(goMaxProcs, s.Procs), slog.String("GOMAXPROCSFrom", s.ProcsFrom))
	return slog.GroupValue(all...)
}
