package source

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls do with all numbers from 0 to n-1, on all processors.
func Parallel(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
