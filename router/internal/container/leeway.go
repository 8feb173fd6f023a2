package container

import "sync/atomic"

// leeway lets the heap grow by 4 MiB more before garbage is collected. Go counts it as a part of the heap,
// which may double. Nobody writes to it, so that the system has no memory for it. Under load,
// a heap of 3 MiB would be collected dozens of times a second, for a tenth of all processor time.
//
// It stands as long as the process, in which tests have several routers.
var leeway atomic.Pointer[[4 << 20]byte] //nolint:gochecknoglobals // see above

// giveLeeway replaces the leeway, if there is one.
func giveLeeway() {
	b := new([4 << 20]byte)
	vacate(b[:])
	leeway.Store(b)
}
