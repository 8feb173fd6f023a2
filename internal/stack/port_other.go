//go:build !linux

package stack

import (
	"errors"
	"net"
	"strconv"
	"sync"
)

// reserved is the ports that this process has reserved.
var reserved sync.Map //nolint:gochecknoglobals // as the ports of a machine are

// reserve notes that the port is taken, if it is free.
func reserve(port int) error {
	l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port)) //nolint:noctx // binding a local port does not block
	if err != nil {
		return err
	}
	if _, before := reserved.LoadOrStore(port, true); before {
		err = errPortTaken
	}
	return errors.Join(err, l.Close())
}
