package container

import "syscall"

// vacate gives the memory of b, which are zeros, back to the system until somebody writes there. Go
// has written the zeros if it could not know that they were there.
func vacate(b []byte) {
	_ = syscall.Madvise(b, syscall.MADV_DONTNEED) // else it stays
}
