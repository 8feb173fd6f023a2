package picture

// maxScans bounds the scans of a JPEG, each of which goes over its pixels. Encoders write
// about 10 for a progressive picture. A file of 100 kB can have 500 empty ones over 36
// megapixels, which keep a decoder busy for 15 s.
const maxScans = 100

// scanning counts the scans of a JPEG while its bytes pass: markers are looked for where a
// decoder does so, outside of other segments.
type scanning struct {
	scans int
	state byte
	skip  int // bytes of a segment to go
}

// The states of scanning.
const (
	inPixels byte = iota // or between segments
	atMarker             // after 0xff
	atLength             // of a segment
	atLengthLow
	inSegment
)

// count returns how many scans have begun after the further bytes p.
func (s *scanning) count(p []byte) int {
	for len(p) > 0 {
		b := p[0]
		switch s.state {
		case inPixels:
			if b == 0xff {
				s.state = atMarker
			}
		case atMarker:
			s.marker(b)
		case atLength:
			s.skip, s.state = int(b)<<8, atLengthLow
		case atLengthLow:
			s.skip, s.state = s.skip+int(b)-2, inSegment
		}
		p = p[1:]
		if s.state == inSegment {
			n := min(max(s.skip, 0), len(p))
			p, s.skip = p[n:], s.skip-n
			if s.skip <= 0 {
				s.state = inPixels
			}
		}
	}
	return s.scans
}

// marker takes what follows 0xff.
func (s *scanning) marker(b byte) {
	switch {
	case b == 0xff: // a fill byte
	case b <= 1, b >= 0xd0 && b <= markerEOI: // no segment: a plain 0xff, a restart, the begin or the end
		s.state = inPixels
	default:
		s.state = atLength
		if b == markerSOS {
			s.scans++
		}
	}
}
