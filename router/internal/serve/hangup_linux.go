package serve

import (
	"cmp"
	"os"
	"sync"
	"syscall"
)

// hangUps hears of clients that hang up while nobody reads from their connections. One file of the
// system tells of all (epoll(7)), and one goroutine waits for it: a goroutine for each would need
// a stack of 4 KiB. The zero value is ready for use.
type hangUps struct {
	mu   sync.Mutex
	file *os.File // nil while no connection is watched
	fd   int      // of the file
	last uint64
	gone map[uint64]func()
}

// watch has gone called when the client of conn hangs up, until [hangUps.forget] is called with
// the id that it returns. Then or before, conn is to be closed.
func (h *hangUps) watch(conn syscall.Conn, gone func()) (id uint64, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		if err := h.open(); err != nil {
			return 0, err
		}
	}
	h.last++
	event := syscall.EpollEvent{Events: syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: int32(h.last), Pad: int32(h.last >> 32)} //nolint:gosec // all 64 bits come back
	h.gone[h.last] = gone
	closed := raw.Control(func(fd uintptr) { err = syscall.EpollCtl(h.fd, syscall.EPOLL_CTL_ADD, int(fd), &event) })
	if err = cmp.Or(closed, err); err != nil {
		h.drop(h.last)
	}
	return h.last, err
}

// open opens the file.
func (h *hangUps) open() (err error) {
	if h.fd, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if err := syscall.SetNonblock(h.fd, true); err != nil { // so that Go waits for it as for a connection
		return cmp.Or(syscall.Close(h.fd), err)
	}
	h.file, h.gone = os.NewFile(uintptr(h.fd), "epoll"), map[uint64]func(){}
	go h.listen(h.file)
	return nil
}

// listen tells of clients that hang up until file is closed.
func (h *hangUps) listen(file *os.File) {
	raw, err := file.SyscallConn()
	for err == nil {
		err = raw.Read(h.tell)
	}
}

// tell tells of clients that have hung up, and reports whether there were any.
func (h *hangUps) tell(fd uintptr) bool {
	var events [64]syscall.EpollEvent
	n, _ := syscall.EpollWait(int(fd), events[:], 0)
	for _, e := range events[:max(n, 0)] {
		h.mu.Lock()
		gone := h.gone[uint64(uint32(e.Pad))<<32|uint64(uint32(e.Fd))] //nolint:gosec // as it was put in
		h.mu.Unlock()
		if gone != nil {
			gone()
		}
	}
	return n > 0
}

// forget has nothing told of a connection any more. To do so twice does nothing.
func (h *hangUps) forget(id uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(id)
}

func (h *hangUps) drop(id uint64) {
	delete(h.gone, id)
	if len(h.gone) == 0 && h.file != nil {
		_ = h.file.Close() // it was never written to
		h.file = nil
	}
}
