package pressure

import (
	"math"
	"runtime"
	"strings"
)

// holders returns how many bytes on the heap each of these functions holds, as the last
// collection of garbage left them. Go notes one allocation in 512 KiB with the calls that
// led to it; what a function had others allocate counts as its own.
func holders(functions []string) map[string]int64 {
	names := map[string]bool{}
	for _, name := range functions {
		names[name] = true
	}
	held := map[string]int64{}
	for _, r := range profile() {
		bytes := r.InUseBytes()
		if bytes == 0 {
			continue
		}
		if name := owner(r.Stack(), names); name != "" {
			held[name] += scale(bytes, r.InUseObjects())
		}
	}
	return held
}

// profile returns the profile of the heap.
func profile() []runtime.MemProfileRecord {
	const more = 50 // may be added meanwhile
	n, _ := runtime.MemProfile(nil, false)
	for {
		records := make([]runtime.MemProfileRecord, n+more)
		var whole bool
		if n, whole = runtime.MemProfile(records, false); whole {
			return records[:n]
		}
	}
}

// scale returns how many bytes were allocated if these were noted: the smaller an object,
// the less often it is.
func scale(bytes, objects int64) int64 {
	rate := float64(runtime.MemProfileRate)
	size := float64(bytes) / float64(objects)
	return int64(float64(bytes) / (1 - math.Exp(-size/rate)))
}

// owner returns the function of the outermost call in stack that is in the package of one,
// or in one below it; "" if there is none.
func owner(stack []uintptr, names map[string]bool) (function string) {
	frames := runtime.CallersFrames(stack)
	for {
		frame, more := frames.Next()
		if name := functionOf(frame.Function, names); name != "" {
			function = name
		}
		if !more {
			return function
		}
	}
}

// functionOf returns the function that has symbol in its package, or in one below that: the
// symbol module/functions/api/files/list.Function.Handle is api/files/list's. A function
// that is lent has the path of another module, and the same name.
func functionOf(symbol string, names map[string]bool) string {
	_, path, found := strings.Cut(symbol, "/functions/")
	if !found {
		return ""
	}
	last := strings.LastIndexByte(path, '/') + 1
	if end := strings.IndexByte(path[last:], '.'); end >= 0 {
		path = path[:last+end]
	}
	for ; path != ""; path = path[:max(0, strings.LastIndexByte(path, '/'))] {
		if names[path] {
			return path
		}
	}
	return ""
}

// most returns the function that holds most.
func most(held map[string]int64) (function string, bytes int64) {
	for name, n := range held {
		if n > bytes {
			function, bytes = name, n
		}
	}
	return function, bytes
}
