package container

// leeway lets the heap grow by 4 MiB more before garbage is collected. Go counts it as a part of the heap,
// which may double. Nobody writes to it, so that the system has no memory for it. Under load,
// a heap of 3 MiB would be collected dozens of times a second, for a tenth of all processor time.
var leeway []byte //nolint:gochecknoglobals // it stands as long as the process

const leewaySize = 4 << 20
