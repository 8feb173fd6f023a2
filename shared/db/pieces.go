package db

import "strings"

// largest is how large a piece of memory gets that texts of several rows share.
const largest = 1 << 10

// pieces are where the texts of rows are, in few pieces of memory: each is twice as large as the
// one before.
type pieces struct{ last strings.Builder }

// text returns raw as a text. The values that follow it in its row find room beside it.
func (p *pieces) text(raw []byte, following [][]byte) string {
	if p.last.Cap()-p.last.Len() < len(raw) {
		size := len(raw)
		for _, value := range following {
			size += len(value)
		}
		size = max(size, min(2*p.last.Cap(), largest))
		p.last.Reset() // what it has belongs to its texts
		p.last.Grow(size)
	}
	before := p.last.Len()
	p.last.Write(raw)
	return p.last.String()[before:]
}
