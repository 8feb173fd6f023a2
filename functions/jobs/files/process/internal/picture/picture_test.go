package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"switchyard/functions/jobs/files/process/internal/picture"
)

func TestThumbnail(t *testing.T) {
	t.Parallel()
	red := color.NRGBA{R: 255, A: 255}
	grey := image.NewGray(image.Rect(0, 0, 40, 30))
	deep := image.NewNRGBA64(image.Rect(0, 0, 600, 30))
	palette := image.NewPaletted(image.Rect(0, 0, 1000, 2000), color.Palette{color.Transparent, red})
	frame := image.NewPaletted(image.Rect(10, 10, 20, 20), color.Palette{color.Black, red})
	tests := []struct {
		name, mimeType string
		data           []byte
		width, height  int
		wantType       string
		wantW, wantH   int
	}{
		{"JPEG", "image/jpeg", jpegOf(t, fill(2000, 1000, red)), 2000, 1000, "image/jpeg", 512, 256},
		{"grey JPEG", "image/jpeg", jpegOf(t, grey), 40, 30, "image/jpeg", 40, 30},
		{"PNG", "image/png", pngOf(t, fill(300, 1537, red)), 300, 1537, "image/jpeg", 100, 512},
		{"animated PNG", "image/apng", pngOf(t, fill(3, 2, red)), 3, 2, "image/jpeg", 3, 2},
		{"PNG with alpha", "image/png", pngOf(t, fill(513, 513, color.NRGBA{G: 255, A: 128})), 513, 513, "image/png", 512, 512},
		{"grey PNG", "image/png", pngOf(t, grey), 40, 30, "image/jpeg", 40, 30},
		{"PNG of 16 bits", "image/png", pngOf(t, deep), 600, 30, "image/png", 512, 26},
		{"PNG with palette", "image/png", pngOf(t, palette), 1000, 2000, "image/png", 256, 512},
		{"1 x 1", "image/png", pngOf(t, fill(1, 1, red)), 1, 1, "image/jpeg", 1, 1},
		{"a line", "image/png", pngOf(t, fill(60000, 1, red)), 60000, 1, "image/jpeg", 512, 1},
		{"GIF", "image/gif", gifOf(t, palette, 1000, 2000), 1000, 2000, "image/png", 256, 512},
		{"GIF whose first frame is small", "image/gif", gifOf(t, frame, 100, 50), 100, 50, "image/png", 100, 50},
		{"lossy WebP", "image/webp", unbase64(t, "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"), 1, 1, "image/jpeg", 1, 1},
		{"lossless WebP", "image/webp", unbase64(t, "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="), 1, 1, "image/png", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// Both have to be content with what a network hands them.
			info, err := picture.Inspect(t.Context(), iotest.OneByteReader(bytes.NewReader(tt.data)), tt.mimeType)
			if err != nil || info.Width != tt.width || info.Height != tt.height {
				t.Fatalf("Inspect = %d x %d, %v, want %d x %d", info.Width, info.Height, err, tt.width, tt.height)
			}
			thumbnail, mimeType, err := picture.Thumbnail(t.Context(), bytes.NewReader(tt.data), info)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := image.DecodeConfig(bytes.NewReader(thumbnail))
			if err != nil || mimeType != tt.wantType || got.Width != tt.wantW || got.Height != tt.wantH {
				t.Errorf("Thumbnail = %s of %d x %d, %v, want %s of %d x %d",
					mimeType, got.Width, got.Height, err, tt.wantType, tt.wantW, tt.wantH)
			}
		})
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	red := color.NRGBA{R: 255, A: 255}
	whole, photo := pngOf(t, fill(300, 300, red)), jpegOf(t, fill(300, 300, red))
	tests := []struct {
		name, mimeType string
		data           []byte
		want           string
	}{
		{"PNG cut short", "image/png", whole[:len(whole)-30], "PNG picture is damaged"},
		{"PNG cut in its header", "image/png", whole[:20], "PNG picture is damaged"},
		{"PNG wider than there are", "image/png", pngHeader(1<<31, 1, 8, 0), "PNG picture is damaged"},
		{"PNG with a wrong checksum", "image/png", flip(whole, 45), "PNG picture is damaged"},
		{"JPEG cut short", "image/jpeg", photo[:len(photo)/2], "JPEG picture is damaged"},
		{"JPEG cut in its header", "image/jpeg", photo[:4], "JPEG picture is damaged"},
		{"JPEG without pixels", "image/jpeg", []byte{0xff, 0xd8, 0xff, 0xd9}, "JPEG picture is damaged"},
		{"JPEG that is none", "image/jpeg", []byte("\xff\xd8\xff" + strings.Repeat("x", 10000)), "JPEG picture is damaged"},
		{"GIF cut short", "image/gif", []byte("GIF89a"), "GIF picture is damaged"},
		{"WebP cut short", "image/webp", []byte("RIFF\x10\x00\x00\x00WEBPVP8 \x00\x00\x00\x00"), "WebP picture is damaged"},
		{"WebP of no size", "image/webp", []byte("RIFF0000WEBPVP8 000 100"), "WebP picture is damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			info, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), tt.mimeType)
			if err == nil {
				_, _, err = picture.Thumbnail(t.Context(), bytes.NewReader(tt.data), info)
			}
			var damaged *picture.DamagedError
			if !errors.As(err, &damaged) || !strings.Contains(damaged.Reason, tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// What is too large is measured all the same.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	const pixels = "64 megapixels"
	for name, tt := range map[string]struct {
		mimeType string
		data     []byte
		w, h     int
		want     string
	}{
		"PNG bomb":         {"image/png", pngHeader(50000, 50000, 8, 2), 50000, 50000, pixels},
		"largest PNG":      {"image/png", pngHeader(1<<31-1, 1, 8, 0), 1<<31 - 1, 1, pixels},
		"deep PNG":         {"image/png", pngHeader(8000, 8000, 16, 6), 8000, 8000, "488 MiB of memory"},
		"JPEG bomb":        {"image/jpeg", jpegHeader(0xc0, 65535, 65535), 65535, 65535, pixels},
		"progressive JPEG": {"image/jpeg", jpegHeader(0xc2, 8000, 8000), 8000, 8000, "915 MiB of memory"},
		"GIF bomb":         {"image/gif", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), 65535, 65535, pixels},
		"WebP bomb":        {"image/webp", webpHeader(0, 16384, 16384), 16384, 16384, pixels},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), tt.mimeType)
			var beyond *picture.BeyondError
			if !errors.As(err, &beyond) || !strings.Contains(beyond.Reason, tt.want) || info.Width != tt.w || info.Height != tt.h {
				t.Errorf("%d × %d, %v, want %d × %d, %q", info.Width, info.Height, err, tt.w, tt.h, tt.want)
			}
		})
	}
}

// What cannot be decoded is not therefore damaged.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mimeType string
		data     []byte
	}{
		"animated WebP":   {"image/webp", bytes.Replace(webpHeader(2, 300, 200), []byte("VP8 "), []byte("ANIM"), 1)},
		"arithmetic JPEG": {"image/jpeg", jpegHeader(0xc9, 300, 200)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), tt.mimeType)
			if err != nil || info.Width != 300 || info.Height != 200 {
				t.Fatalf("Inspect = %d x %d, %v", info.Width, info.Height, err)
			}
			var beyond *picture.BeyondError
			if _, _, err := picture.Thumbnail(t.Context(), bytes.NewReader(tt.data), info); !errors.As(err, &beyond) || !strings.Contains(beyond.Reason, "a variant of") {
				t.Errorf("got %v, want a BeyondError", err)
			}
		})
	}
}

// A connection that breaks is no reason to call the picture damaged.
func TestReadError(t *testing.T) {
	t.Parallel()
	data := pngOf(t, fill(300, 300, color.NRGBA{R: 255, A: 255}))
	broken := func(n int) io.Reader {
		return io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	if _, err := picture.Inspect(t.Context(), broken(10), "image/png"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Inspect: %v", err)
	}
	info, err := picture.Inspect(t.Context(), bytes.NewReader(data), "image/png")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := picture.Thumbnail(t.Context(), broken(len(data)-20), info); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Thumbnail: %v", err)
	}
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	img := fill(1200, 600, color.NRGBA{B: 255, A: 255})
	for y := range 300 {
		for x := range 600 {
			img.Set(x, y, color.NRGBA{R: 255, A: 255})
		}
	}
	plain := jpegOf(t, img)
	// Where the red quarter ends up: right of the middle, below the middle.
	want := map[uint16][2]bool{
		1: {false, false}, 2: {true, false}, 3: {true, true}, 4: {false, true},
		5: {false, false}, 6: {true, false}, 7: {true, true}, 8: {false, true},
	}
	for orientation, corner := range want {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			data := slices.Concat(plain[:2], exif(order, orientation), plain[2:])
			info, err := picture.Inspect(t.Context(), bytes.NewReader(data), "image/jpeg")
			if err != nil {
				t.Fatal(err)
			}
			w, h := 1200, 600
			if orientation >= 5 {
				w, h = h, w
			}
			if info.Width != w || info.Height != h {
				t.Errorf("%d: %d x %d, want %d x %d", orientation, info.Width, info.Height, w, h)
			}
			thumbnail, _, err := picture.Thumbnail(t.Context(), bytes.NewReader(data), info)
			if err != nil {
				t.Fatal(err)
			}
			small, err := jpeg.Decode(bytes.NewReader(thumbnail))
			if err != nil {
				t.Fatal(err)
			}
			x, y := small.Bounds().Dx()/4, small.Bounds().Dy()/4
			if corner[0] {
				x *= 3
			}
			if corner[1] {
				y *= 3
			}
			if r, _, b, _ := small.At(x, y).RGBA(); r < 0xc000 || b > 0x4000 {
				t.Errorf("%d: no red at %d, %d", orientation, x, y)
			}
		}
	}
}

// EXIF is written by anybody; whatever it says must not break anything.
func FuzzInspect(f *testing.F) {
	f.Add(slices.Concat([]byte{0xff, 0xd8}, exif(binary.BigEndian, 6), jpegHeader(0xc0, 3, 2)[2:]), "image/jpeg")
	f.Add(jpegHeader(0xc2, 3, 2), "image/jpeg")
	f.Add(pngHeader(3, 2, 8, 2), "image/png")
	f.Add(webpHeader(16, 3, 2), "image/webp")
	f.Fuzz(func(t *testing.T, data []byte, mimeType string) {
		if !picture.Supported(mimeType) {
			return
		}
		info, err := picture.Inspect(t.Context(), bytes.NewReader(data), mimeType)
		if err == nil && (info.Width <= 0 || info.Height <= 0) {
			t.Errorf("%d x %d", info.Width, info.Height)
		}
	})
}

func fill(w, h int, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{c.R, c.G, c.B, c.A})
	}
	return img
}

func palettedOf(w, h int) *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	for i := range img.Pix {
		img.Pix[i] = byte(i*i/7) & 1
	}
	return img
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t *testing.T, frame *image.Paletted, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	g := &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: w, Height: h}}
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// flip returns data with the byte at i changed.
func flip(data []byte, i int) []byte {
	data = slices.Clone(data)
	data[i] ^= 0x55
	return data
}

// pngHeader returns a PNG that ends after saying how large it is.
func pngHeader(w, h uint32, depth, colour byte) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	chunk = append(binary.BigEndian.AppendUint32(chunk, h), depth, colour, 0, 0, 0)
	data := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	data = binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(chunk))
	return append(data, "\x00\x00\x00\x00IDAT"...)
}

// jpegHeader returns a JPEG that ends where its pixels would begin.
func jpegHeader(frame byte, w, h uint16) []byte {
	data := []byte{0xff, 0xd8, 0xff, frame, 0, 17, 8}
	data = binary.BigEndian.AppendUint16(data, h)
	data = binary.BigEndian.AppendUint16(data, w)
	return append(data, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xda)
}

// webpHeader returns a WebP that ends after saying how large it is.
func webpHeader(flags byte, w, h uint32) []byte {
	data := []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00")
	data = append(data, flags, 0, 0, 0, byte(w-1), byte((w-1)>>8), byte((w-1)>>16), byte(h-1), byte((h-1)>>8), byte((h-1)>>16))
	return append(data, "VP8 \x00\x00\x00\x00"...)
}

// exif returns a JPEG segment that says how to turn the picture.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	mark := "MM"
	if order.String() == "LittleEndian" {
		mark = "II"
	}
	tiff := order.AppendUint16([]byte(mark), 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = append(order.AppendUint16(tiff, orientation), 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
}
