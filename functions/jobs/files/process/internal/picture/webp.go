package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image/color"
	"io"

	"golang.org/x/image/webp"
)

var errWebP = errors.New("picture: malformed WebP header")

// inspectWebP reads everything before the pixels. EXIF data comes after them, and browsers
// do not turn a WebP picture as that says.
func inspectWebP(r *bufio.Reader) (Info, error) {
	head, err := r.Peek(30)
	if err != nil && len(head) < 20 {
		return Info{}, err
	}
	switch string(head[12:16]) {
	case "VP8X":
		return inspectExtended(r)
	case "VP8 ", "VP8L":
	default: // a decoder may skip it, and then find anything
		return Info{}, errWebP
	}
	c, err := webp.DecodeConfig(r)
	depth := int64(webpLossless)
	if c.ColorModel == color.YCbCrModel {
		depth = webpLossy
	}
	return Info{
		Width: c.Width, Height: c.Height, format: formatWebP, orientation: 1,
		memory: int64(c.Width) * int64(c.Height) * depth,
	}, err
}

// Bytes that a pixel takes.
const (
	webpLossy      = 2
	webpLossyAlpha = 8
	webpLossless   = 12 // the pixels, and twice that for undoing what was done to them
)

// inspectExtended reads the chunks of a file with VP8X.
func inspectExtended(r *bufio.Reader) (Info, error) {
	if _, err := r.Discard(12); err != nil {
		return Info{}, err
	}
	i := Info{format: formatWebP, orientation: 1}
	depth := int64(webpLossy)
	for {
		name, length, err := riffChunk(r)
		if err != nil {
			return i, err
		}
		switch {
		case name == "VP8X":
			head, err := r.Peek(10)
			if err != nil {
				return i, err
			}
			i.animated = head[0]&2 != 0
			if head[0]&16 != 0 {
				depth = webpLossyAlpha
			}
			i.Width, i.Height = 1+uint24(head[4:]), 1+uint24(head[7:])
		case name == "VP8L":
			depth = webpLossless
			fallthrough
		case name == "VP8 ", name == "ALPH", i.animated && name == "ANIM": // a decoder skips the last elsewhere
			i.memory = int64(i.Width) * int64(i.Height) * depth
			return i, nil
		case name == "ICCP":
			if i.colours, err = riffProfile(r, length); err != nil {
				return i, err
			}
			continue
		}
		if _, err := io.CopyN(io.Discard, r, length); err != nil {
			return i, err
		}
	}
}

// riffChunk reads the head of the next chunk. Of length bytes, what is in it, the last may
// be there to make them even.
func riffChunk(r io.Reader) (name string, length int64, err error) {
	var head [8]byte
	_, err = io.ReadFull(r, head[:])
	length = int64(binary.LittleEndian.Uint32(head[4:]))
	return string(head[:4]), length + length&1, err
}

// riffProfile reads a chunk that is an ICC profile.
func riffProfile(r io.Reader, length int64) (*profile, error) {
	if length > maxProfile {
		_, err := io.CopyN(io.Discard, r, length)
		return nil, err
	}
	icc := make([]byte, length)
	_, err := io.ReadFull(r, icc)
	p, _ := parseICC(icc)
	return p, err
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
