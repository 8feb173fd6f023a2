// Package picture measures pictures and makes thumbnails of them, within bounds:
// what a file claims to be is looked at before any memory is set aside for it.
package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"

	"golang.org/x/image/webp"
)

// Bounds of what is decoded.
const (
	maxPixels = 64_000_000 // 64 megapixels
	maxMemory = 192 << 20  // bytes that a decoder may need: 48 megapixels of the plainest PNG, all 64 of a usual JPEG
)

// RefusedError says in words for the user why a picture cannot be processed. It
// is about the picture, so that trying again is of no use.
type RefusedError struct{ Reason string }

// Error returns the reason.
func (e *RefusedError) Error() string { return e.Reason }

// ErrUnsupported means that a picture is sound as far as can be told, but of a
// variant of its format that cannot be decoded here: there is no thumbnail.
var ErrUnsupported = errors.New("picture: unsupported variant of the format")

// Info is what the header of a picture says.
type Info struct {
	Width, Height int // as a viewer shows it

	format      string
	orientation int   // as EXIF counts: 1 to 8
	memory      int64 // bytes that decoding needs at most, about
	animated    bool  // in a way that cannot be decoded
}

// Supported reports whether pictures of this MIME type are understood.
func Supported(mimeType string) bool {
	_, ok := names()[mimeType]
	return ok
}

// names maps MIME types to what users call them.
func names() map[string]string {
	return map[string]string{
		"image/jpeg": "JPEG", "image/png": "PNG", "image/apng": "PNG",
		"image/gif": "GIF", "image/webp": "WebP",
	}
}

// Inspect reads the header of the picture in r, which has a supported type. It
// fails with a [*RefusedError] if the picture is damaged, or too large to be
// decoded; other errors are those of r.
func Inspect(r io.Reader, mimeType string) (Info, error) {
	src := &source{r: r}
	info, err := inspect(bufio.NewReader(src), names()[mimeType])
	if err != nil || info.Width <= 0 || info.Height <= 0 {
		return Info{}, src.blame(err, names()[mimeType])
	}
	if int64(info.Width)*int64(info.Height) > maxPixels {
		return Info{}, &RefusedError{Reason: fmt.Sprintf("This picture has %s × %s pixels. More than %d megapixels are not processed.",
			grouped(info.Width), grouped(info.Height), maxPixels/1_000_000)}
	}
	if info.memory > maxMemory {
		return Info{}, &RefusedError{Reason: fmt.Sprintf("This picture of %s × %s pixels would take %d MiB of memory to process. The limit is %d MiB.",
			grouped(info.Width), grouped(info.Height), info.memory>>20, maxMemory>>20)}
	}
	return info, nil
}

func inspect(r *bufio.Reader, format string) (Info, error) {
	switch format {
	case "JPEG":
		return inspectJPEG(r)
	case "PNG":
		head, err := r.Peek(29)
		if err != nil {
			return Info{}, err
		}
		perPixel := int64(1)
		if interlaced := head[28] != 0; interlaced {
			perPixel = 2 // the passes are decoded one by one and put together
		}
		c, err := png.DecodeConfig(r)
		return info(c, format, perPixel*pngDepth(c.ColorModel)), err
	case "GIF":
		c, err := gif.DecodeConfig(r)
		return info(c, format, 1), err
	}
	head, err := r.Peek(21)
	if err != nil {
		return Info{}, err
	}
	animated := string(head[12:16]) == "VP8X" && head[20]&2 != 0
	c, err := webp.DecodeConfig(r)
	depth := int64(12) // lossless: the pixels, and twice that for undoing what was done to them
	switch c.ColorModel {
	case color.YCbCrModel:
		depth = 2
	case color.NYCbCrAModel:
		depth = 8
	}
	i := info(c, format, depth)
	i.animated = animated
	return i, err
}

func info(c image.Config, format string, bytesPerPixel int64) Info {
	return Info{
		Width: c.Width, Height: c.Height, format: format, orientation: 1,
		memory: int64(c.Width) * int64(c.Height) * bytesPerPixel,
	}
}

// pngDepth returns how many bytes a pixel takes at most: a grey picture may turn
// out to have transparency.
func pngDepth(m color.Model) int64 {
	switch m {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// maxSide is the longest side of a thumbnail, in pixels.
const maxSide = 512

// Thumbnail decodes the picture in r, of which Inspect returned i, and returns
// it with its longest side 512 pixels, never enlarged, upright: as JPEG if it is
// opaque, else as PNG. It fails with a [*RefusedError] if the picture is damaged
// and with [ErrUnsupported]; other errors are those of r.
func Thumbnail(r io.Reader, i Info) (thumbnail []byte, mimeType string, err error) {
	if i.animated {
		return nil, "", ErrUnsupported
	}
	src := &source{r: r}
	img, err := decode(bufio.NewReaderSize(src, 64<<10), i.format)
	if err != nil {
		return nil, "", src.blame(err, i.format)
	}
	canvas := img.Bounds()
	if i.format == "GIF" { // its first frame may be smaller than the picture
		canvas = image.Rect(0, 0, i.Width, i.Height)
	}
	small := upright(shrink(img, canvas), i.orientation)
	var out bytes.Buffer
	if small.Opaque() {
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 82})
		return out.Bytes(), "image/jpeg", err
	}
	err = png.Encode(&out, small)
	return out.Bytes(), "image/png", err
}

func decode(r io.Reader, format string) (image.Image, error) {
	switch format {
	case "JPEG":
		return jpeg.Decode(r)
	case "PNG":
		return png.Decode(r)
	case "GIF":
		return gif.Decode(r)
	}
	return webp.Decode(r)
}

// grouped returns n with its digits in groups of three.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// source remembers the error that reading ended with, so that a connection that
// broke is not taken for a picture that is damaged.
type source struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// blame returns whose fault err is, which a decoder of the format returned.
func (s *source) blame(err error, format string) error {
	var jpegVariant jpeg.UnsupportedError
	var pngVariant png.UnsupportedError
	switch {
	case s.err != nil:
		return fmt.Errorf("picture: read: %w", s.err)
	case errors.As(err, &jpegVariant), errors.As(err, &pngVariant):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return &RefusedError{Reason: fmt.Sprintf("This %s picture is damaged or incomplete.", format)}
}
