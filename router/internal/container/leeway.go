package container

import "sync/atomic"

// leeway lets the heap grow by 4 MiB more before garbage is collected. Go counts it as a part of the heap,
// which may double. Nobody writes to it, so that the system has no memory for it. Under load,
// a heap of 3 MiB would be collected dozens of times a second, for a tenth of all processor time.
// It is atomic because tests have several routers in a process.
var leeway atomic.Pointer[[leewaySize]byte] //nolint:gochecknoglobals // it stands as long as the process

const leewaySize = 4 << 20 // bytes

// giveLeeway replaces the leeway, if there is one.
func giveLeeway() {
	b := new([leewaySize]byte)
	vacate(b[:])
	leeway.Store(b)
}
