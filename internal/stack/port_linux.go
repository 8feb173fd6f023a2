package stack

import (
	"errors"
	"syscall"
)

// reserve binds a socket to the port until the process ends, and never listens with it.
// Servers can listen on the port all the same, since they say that an address may be used
// again (SO_REUSEADDR). A second reserve cannot bind it, since it says so too late.
func reserve(port int) error {
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	err = syscall.Bind(s, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		err = syscall.SetsockoptInt(s, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}
	if err != nil {
		return errors.Join(err, syscall.Close(s))
	}
	return nil
}
