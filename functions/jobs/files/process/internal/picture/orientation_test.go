package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"slices"
	"testing"

	"switchyard/functions/jobs/files/process/internal/picture"
)

// Chromium 148 turns JPEG and PNG pictures, if what says so stands before the pixels, and
// no WebP pictures.
func TestOrientationOfFormats(t *testing.T) {
	t.Parallel()
	img := fill(40, 20, color.NRGBA{A: 255})
	for y := range 20 {
		for x := range 20 {
			img.Set(x, y, color.NRGBA{R: 255, A: 255})
		}
	}
	tiff := exif(binary.BigEndian, 6)[10:] // without the JPEG's part
	plain := pngOf(t, img)
	late := slices.Concat(plain[:len(plain)-12], chunk("eXIf", tiff), plain[len(plain)-12:])
	for _, tt := range []struct {
		name, mimeType string
		data           []byte
		width, height  int
	}{
		{"JPEG", "image/jpeg", jpegWith(t, img, exif(binary.BigEndian, 6)), 20, 40},
		{"PNG", "image/png", pngWith(t, img, chunk("eXIf", tiff)), 20, 40},
		{"PNG, none", "image/png", plain, 40, 20},
		{"PNG, after the pixels", "image/png", late, 40, 20},
		{"PNG, nonsense", "image/png", pngWith(t, img, chunk("eXIf", []byte("nonsense"))), 40, 20},
		{"WebP", "image/webp", webpOf(40, 20, 8, nil, riff("EXIF", tiff)), 40, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			info, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), tt.mimeType)
			if err != nil || info.Width != tt.width || info.Height != tt.height {
				t.Fatalf("Inspect = %d x %d, %v", info.Width, info.Height, err)
			}
			small := thumbnailOf(t, tt.data, tt.mimeType)
			if got := small.Bounds().Size(); got != image.Pt(tt.width, tt.height) {
				t.Errorf("the thumbnail is %v", got)
			}
			r, _, _, _ := small.At(2, 2).RGBA()
			far, _, _, _ := small.At(tt.width-3, tt.height-3).RGBA()
			if r < 0xe000 || far > 0x2000 {
				t.Errorf("at the upper left there is %x of red, at the lower right %x", r, far)
			}
		})
	}
}

// jpegWith returns img with these segments before all others.
func jpegWith(t testing.TB, img image.Image, segments []byte) []byte {
	t.Helper()
	data := jpegOf(t, img)
	return slices.Concat(data[:2], segments, data[2:])
}

// segment returns a segment of a JPEG.
func segment(marker byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
}

// pngWith returns img with these chunks after its first.
func pngWith(t testing.TB, img image.Image, chunks []byte) []byte {
	t.Helper()
	data := pngOf(t, img)
	return slices.Concat(data[:33], chunks, data[33:])
}

// chunk returns a chunk of a PNG.
func chunk(name string, body []byte) []byte {
	named := append([]byte(name), body...)
	return slices.Concat(be32(uint32(len(body))), named, be32(crc32.ChecksumIEEE(named)))
}

// riff returns a chunk of a WebP.
func riff(name string, body []byte) []byte {
	head := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	return slices.Concat(head, body, make([]byte, len(body)&1))
}

// webpOf returns a WebP, red on the left and black on the right, with chunks before and
// after its pixels.
func webpOf(w, h int, flags byte, before, after []byte) []byte {
	head := []byte{flags, 0, 0, 0, byte(w - 1), 0, 0, byte(h - 1), 0, 0}
	body := slices.Concat([]byte("WEBP"), riff("VP8X", head), before, riff("VP8L", lossless(w, h)), after)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// lossless returns the pixels of webpOf as RFC 9649 has them: no transforms, and for each
// channel a code of one value, but for red of two.
func lossless(w, h int) []byte {
	var out bits
	out.put(0x2f, 8)
	out.put(w-1, 14)
	out.put(h-1, 14)
	out.put(0, 1+3+3)
	one := func(v int) {
		out.put(0b101, 3)
		out.put(v, 8)
	}
	one(0)
	out.put(0b111, 3)
	out.put(0, 8)
	out.put(255, 8)
	one(0)
	one(255)
	one(0)
	for i := range w * h {
		out.put(1-i%w*2/w, 1)
	}
	return out.bytes
}

// bits are written from the lowest of a byte on.
type bits struct {
	bytes []byte
	free  int // of the last byte
}

func (b *bits) put(v, n int) {
	for range n {
		if b.free == 0 {
			b.bytes, b.free = append(b.bytes, 0), 8
		}
		b.bytes[len(b.bytes)-1] |= byte(v&1) << (8 - b.free)
		b.free--
		v >>= 1
	}
}
