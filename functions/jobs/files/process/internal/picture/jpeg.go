package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Markers of a JPEG file.
const (
	markerSOI  = 0xd8 // the file begins
	markerEOI  = 0xd9 // it ends
	markerSOS  = 0xda // the pixels follow
	markerExif = 0xe1
	markerICC  = 0xe2
	markerInk  = 0xee // Adobe's: how colours are written
)

var errJPEG = errors.New("picture: malformed JPEG header")

// inspectJPEG reads everything before the pixels. Unlike jpeg.DecodeConfig it
// learns how the picture is to be turned, what its colours mean, and how much memory its
// variant takes.
func inspectJPEG(r *bufio.Reader) (Info, error) {
	i := Info{format: formatJPEG, orientation: 1}
	var icc iccParts
	var samples, extra float64 // bytes per pixel: as decoded, and for a copy in other colours
	if err := expect(r, 0xff, markerSOI); err != nil {
		return i, err
	}
	for {
		marker, body, err := segment(r)
		if err != nil {
			return i, err
		}
		switch {
		case marker == markerSOS || marker == markerEOI:
			if i.Width == 0 || i.Height == 0 {
				return i, errJPEG
			}
			i.memory = int64(float64(i.Width*i.Height) * (samples + extra))
			i.turn()
			i.colours, _ = parseICC(icc.join())
			return i, nil
		case marker == markerExif && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			if o := orientation(body); o != 0 {
				i.orientation = o
			}
		case marker == markerICC:
			icc.note(body)
		case marker == markerInk && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")) && body[11] == 0:
			extra = 4
		case isFrame(marker):
			if len(body) < 6 || len(body) < 6+3*int(body[5]) {
				return i, errJPEG
			}
			i.Height, i.Width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
			components := body[6 : 6+3*int(body[5])]
			samples = samplesPerPixel(components)
			if marker&3 == 2 { // progressive: all coefficients are kept, 4 bytes each
				samples *= 5
			}
			if len(components) == 4*3 || (len(components) == 3*3 && components[0] == 'R') {
				extra = 4
			}
		}
	}
}

// isFrame reports whether the marker is one of those that describe the picture.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

// samplesPerPixel adds up the components of a frame, some of which have fewer
// samples than the picture has pixels.
func samplesPerPixel(components []byte) float64 {
	var sum, maxH, maxV int
	for c := 0; c < len(components); c += 3 {
		h, v := int(components[c+1]>>4), int(components[c+1]&15)
		sum, maxH, maxV = sum+h*v, max(maxH, h), max(maxV, v)
	}
	if maxH*maxV == 0 {
		return float64(len(components) / 3)
	}
	return float64(sum) / float64(maxH*maxV)
}

// segment reads up to the next marker, and what belongs to it if that is of
// interest.
func segment(r *bufio.Reader) (marker byte, body []byte, err error) {
	for marker == 0 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd7) || marker == 1 {
		if marker != 0xff {
			if _, err := r.ReadSlice(0xff); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return 0, nil, err
			} else if err != nil {
				continue
			}
		}
		if marker, err = r.ReadByte(); err != nil {
			return 0, nil, err
		}
	}
	if marker == markerSOS || marker == markerEOI {
		return marker, nil, nil
	}
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(length[:])) - 2
	if n < 0 {
		return 0, nil, errJPEG
	}
	if marker != markerExif && marker != markerICC && marker != markerInk && !isFrame(marker) {
		_, err = r.Discard(n)
		return marker, nil, err
	}
	body = make([]byte, n)
	_, err = io.ReadFull(r, body)
	return marker, body, err
}

func expect(r io.ByteReader, want ...byte) error {
	for _, w := range want {
		if b, err := r.ReadByte(); err != nil || b != w {
			return errors.Join(errJPEG, err)
		}
	}
	return nil
}

// iccParts are the parts of an ICC profile, which one segment may be too short for.
type iccParts struct {
	parts [256][]byte // by number, from 1
	count byte
	size  int
}

// note takes a segment, which may be something else as well.
func (p *iccParts) note(body []byte) {
	part, ok := bytes.CutPrefix(body, []byte("ICC_PROFILE\x00"))
	if !ok || len(part) < 2 || p.size+len(part) > maxProfile {
		return
	}
	p.parts[part[0]], p.count = part[2:], part[1]
	p.size += len(part)
}

// join returns the profile, or nil if a part of it is missing.
func (p *iccParts) join() (icc []byte) {
	for _, part := range p.parts[1 : 1+int(p.count)] {
		if part == nil {
			return nil
		}
		icc = append(icc, part...)
	}
	return icc
}
