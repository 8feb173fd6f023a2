//go:build !linux

package serve

import (
	"errors"
	"syscall"
)

// hangUps is for Linux.
type hangUps struct{}

func (*hangUps) watch(syscall.Conn, func()) (uint64, error) { return 0, errors.ErrUnsupported }

func (*hangUps) forget(uint64) {}
