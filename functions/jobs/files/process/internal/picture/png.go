package picture

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

var errPNG = errors.New("picture: malformed PNG header")

// maxProfile is the longest ICC profile that is looked at, in bytes. Those that can be
// understood here have some hundred.
const maxProfile = 1 << 20

// inspectPNG reads everything before the pixels. Unlike png.DecodeConfig it learns what
// the colours mean and how the picture is to be turned. An eXIf chunk after the pixels
// counts for no more than in Chromium: nothing.
func inspectPNG(r *bufio.Reader) (Info, error) {
	i := Info{format: formatPNG, orientation: 1}
	if err := expect(r, []byte("\x89PNG\r\n\x1a\n")...); err != nil {
		return i, err
	}
	var colours pngColours
	for {
		name, body, err := pngChunk(r)
		if err != nil {
			return i, err
		}
		switch name {
		case "IHDR":
			if len(body) != 13 {
				return i, errPNG
			}
			i.Width, i.Height = int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:]))
			if max(i.Width, i.Height) > math.MaxInt32 { // the most that the format has
				return i, errPNG
			}
			i.memory = int64(float64(i.Width) * float64(i.Height) * pngDepth(body[8], body[9], body[12]))
		case "eXIf":
			i.orientation = max(1, orientation(body))
		case "IDAT", "IEND":
			i.turn()
			i.colours = colours.profile()
			return i, nil
		default:
			colours.note(name, body)
		}
	}
}

// pngDepth returns how many bytes a pixel takes at most: a grey picture may turn out to
// have transparency, and the passes of an interlaced one are put together in a copy.
func pngDepth(bits, kind, interlaced byte) float64 {
	depth := 4.0
	switch {
	case kind == 3: // a palette
		depth = 1
	case bits == 16:
		depth = 8
	}
	if interlaced != 0 {
		return 2 * depth
	}
	return depth
}

// pngChunk reads the next chunk, and what is in it if that is of interest. The pixels are
// not read.
func pngChunk(r *bufio.Reader) (name string, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, err
	}
	length, name := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
	const checksum = 4 // it is left to the decoder
	switch name {
	case "IDAT", "IEND":
		return name, nil, nil
	case "IHDR", "eXIf", "iCCP", "cICP", "sRGB", "gAMA", "cHRM":
		if length <= maxProfile {
			body = make([]byte, length)
			if _, err := io.ReadFull(r, body); err != nil {
				return name, nil, err
			}
			length = 0
		}
	}
	_, err = io.CopyN(io.Discard, r, length+checksum)
	return name, body, err
}

// pngColours are the chunks that say what the colours of a PNG mean.
type pngColours struct {
	code, icc, gamma, primaries []byte
	sRGB                        bool
}

func (c *pngColours) note(name string, body []byte) {
	switch name {
	case "cICP":
		c.code = body
	case "iCCP":
		_, packed, _ := bytes.Cut(body, []byte{0}) // after the profile's name
		c.icc = unpack(packed)
	case "sRGB":
		c.sRGB = true
	case "gAMA":
		c.gamma = body
	case "cHRM":
		c.primaries = body
	}
}

// profile returns what the colours mean; nil if sRGB. Of chunks that disagree, the first
// in this order counts (PNG, third edition, section 4.3).
func (c *pngColours) profile() *profile {
	if p, ok := codedProfile(c.code); ok {
		return p
	}
	if p, ok := parseICC(c.icc); ok {
		return p
	}
	if c.sRGB || len(c.gamma) != 4 {
		return nil
	}
	return gammaProfile(binary.BigEndian.Uint32(c.gamma), c.primaries)
}

// unpack returns the ICC profile of an iCCP chunk, or nil.
func unpack(packed []byte) []byte {
	if len(packed) == 0 || packed[0] != 0 { // the only method there is
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	icc, err := io.ReadAll(io.LimitReader(z, maxProfile))
	if err != nil {
		return nil
	}
	return icc
}
