package serve

import "sync"

// buffers keeps the buffers of bodies for later ones. Each is of one of few sizes, the next
// four times as large as the one before: one for a body that stalls at once is small.
type buffers struct {
	pools [4]sync.Pool // of *buffer
}

const smallest = 1 << 10 // bytes; the largest is maxAhead

type buffer struct {
	size  int // its pool
	bytes []byte
}

func (b *buffers) get(size int) *buffer {
	if kept, ok := b.pools[size].Get().(*buffer); ok {
		return kept
	}
	return &buffer{size, make([]byte, smallest<<(2*size))}
}

func (b *buffers) put(one *buffer) { b.pools[one.size].Put(one) }

// grow returns a larger buffer in place of one, with the same in it.
func (b *buffers) grow(one *buffer) *buffer {
	larger := b.get(one.size + 1)
	copy(larger.bytes, one.bytes)
	b.put(one)
	return larger
}
