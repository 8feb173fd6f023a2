package serve

import (
	"strconv"

	"switchyard/router/internal/serve/joined"
)

// isWhole reports whether p is all of the body, as its header has it.
func (x *exchange) isWhole(p []byte) bool {
	length := x.header()["Content-Length"]
	return x.bytes == 0 && x.running.asked != nil && !x.body.head && len(length) == 1 && length[0] == strconv.Itoa(len(p))
}

// usualHeader is how long a header is, at most. Of a longer one nothing goes wrong: it takes
// two writes, or makes the buffer grow.
const usualHeader = 512

// roomFor returns which of the host's buffers has room for an answer whose body has n bytes, if
// net/http would send that in more writes than one. Else it returns -1: to copy what is larger
// than all of them costs more than to write twice.
func roomFor(n int) int {
	if n+usualHeader <= netBuffer {
		return -1
	}
	for size := range len(buffers{}.pools) {
		if n+usualHeader <= smallest<<(2*size) {
			return size
		}
	}
	return -1
}

// netBuffer is how many bytes net/http joins by itself.
const netBuffer = 4 << 10

// writeWhole writes a body in one piece with its header.
func (x *exchange) writeWhole(conn *joined.Conn, size int, body []byte) (n int, err error) {
	room := x.host.buffers.get(size)
	defer x.host.buffers.put(room)
	err = conn.Join(room.bytes, func() error {
		if n, err = x.ResponseWriter.Write(body); err != nil {
			return err
		}
		return x.controller().Flush()
	})
	x.bytes += int64(n)
	return n, err
}
