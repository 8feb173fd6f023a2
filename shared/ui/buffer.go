package ui

import (
	"bytes"
	"sync"
)

// buffers are those of pages that were shown, as large as these were.
var buffers = sync.Pool{New: func() any { return &bytes.Buffer{} }} //nolint:gochecknoglobals // a pool is for all

// maxBuffer is the size in bytes up to which a buffer is kept, so that one large page does
// not hold its memory for ever.
const maxBuffer = 1 << 20

func newBuffer() *bytes.Buffer {
	b, _ := buffers.Get().(*bytes.Buffer)
	return b
}

// keepBuffer takes a buffer back. Nobody may use its bytes any more.
func keepBuffer(b *bytes.Buffer) {
	if b.Cap() > maxBuffer {
		return
	}
	b.Reset()
	buffers.Put(b)
}
