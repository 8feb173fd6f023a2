package files_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise returns an opaque picture that does not compress well.
func noise(w, h int) *image.NRGBA {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // pixels need no secrecy
	picture := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range picture.Pix {
		picture.Pix[i] = byte(random.Uint32()) | byte(i%4/3*0xff)
	}
	return picture
}

func jpegPhoto(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, noise(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// located returns a JPEG as a telephone writes it: it says with what and where it was taken,
// and that it is to be turned by 90°.
func located(photo []byte) []byte {
	segment := func(body string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
	}
	exif := segment("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00Leica")
	xmp := segment("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>Leica 51,30.444N</x:xmpmeta>")
	return slices.Concat(photo[:2], exif, xmp, photo[2:])
}

func pngPicture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, noise(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngBomb returns a PNG whose header declares w × h pixels and which holds none.
func pngBomb(w, h uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(nil, w)
	header = binary.BigEndian.AppendUint32(header, h)
	chunk("IHDR", append(header, 8, 6, 0, 0, 0))
	chunk("IDAT", nil)
	chunk("IEND", nil)
	return b.Bytes()
}
