// Package picture measures pictures and makes thumbnails of them, within bounds:
// what a file claims to be is looked at before any memory is set aside for it.
package picture

import (
	"bufio"
	"bytes"
	"context"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// Bounds of what is decoded.
const (
	maxPixels = 64_000_000 // 64 megapixels
	maxMemory = 192 << 20  // bytes that a decoder may need: 48 megapixels of the plainest PNG, all 64 of a usual JPEG
)

// DamagedError says in words for the user what is wrong with a picture. Trying again is of no
// use.
type DamagedError struct{ Reason string }

// Error returns the reason.
func (e *DamagedError) Error() string { return e.Reason }

// BeyondError says in words for the user why a picture, which is sound as far as can be told,
// gets no thumbnail: it is too large or too much work, or of a variant of its format that cannot
// be decoded here. Trying again is of no use.
type BeyondError struct{ Reason string }

// Error returns the reason.
func (e *BeyondError) Error() string { return e.Reason }

// Info is what the header of a picture says.
type Info struct {
	Width, Height int // as a viewer shows it

	format      string
	orientation int      // as EXIF counts: 1 to 8
	colours     *profile // what they mean; nil if sRGB
	memory      int64    // bytes that decoding needs at most, about
	animated    bool     // in a way that cannot be decoded
}

// turn makes the width and height, so far of the file, those that a viewer shows.
func (i *Info) turn() {
	if i.orientation >= 5 {
		i.Width, i.Height = i.Height, i.Width
	}
}

// What users call the formats.
const (
	formatJPEG = "JPEG"
	formatPNG  = "PNG"
	formatGIF  = "GIF"
	formatWebP = "WebP"
)

// Supported reports whether pictures of this MIME type are understood.
func Supported(mimeType string) bool {
	_, ok := names()[mimeType]
	return ok
}

// names maps MIME types to what users call them.
func names() map[string]string {
	return map[string]string{
		"image/jpeg": formatJPEG, "image/png": formatPNG, "image/apng": formatPNG,
		"image/gif": formatGIF, "image/webp": formatWebP,
	}
}

// Inspect reads the header of the picture in r, which has a supported type. It fails with a
// [*DamagedError], and with a [*BeyondError] if the picture is too large to be decoded: then
// its width and height are returned still, if they are known. Other errors are those of r.
func Inspect(ctx context.Context, r io.Reader, mimeType string) (Info, error) {
	format := names()[mimeType]
	src := newSource(ctx, r, format)
	info, err := inspect(bufio.NewReader(src), format)
	if err != nil || info.Width <= 0 || info.Height <= 0 {
		return Info{}, src.blame(err, format)
	}
	if float64(info.Width)*float64(info.Height) > maxPixels {
		return info, beyond("It has more than %d megapixels.", maxPixels/1_000_000)
	}
	if info.memory > maxMemory {
		return info, beyond("It would take %d MiB of memory to make, which is more than %d MiB.", info.memory>>20, maxMemory>>20)
	}
	return info, nil
}

func inspect(r *bufio.Reader, format string) (Info, error) {
	switch format {
	case formatJPEG:
		return inspectJPEG(r)
	case formatPNG:
		return inspectPNG(r)
	case formatGIF:
		c, err := gif.DecodeConfig(r)
		return Info{Width: c.Width, Height: c.Height, format: format, orientation: 1, memory: int64(c.Width) * int64(c.Height)}, err
	}
	return inspectWebP(r)
}

// maxSide is the longest side of a thumbnail, in pixels.
const maxSide = 512

// Thumbnail decodes the picture in r, of which Inspect returned i, and returns
// it as a browser shows it, in sRGB, with its longest side 512 pixels, never enlarged: as
// JPEG if it is opaque, else as PNG. It fails with a [*DamagedError] and with a [*BeyondError];
// other errors are those of r and of ctx, with which decoding ends.
func Thumbnail(ctx context.Context, r io.Reader, i Info) (thumbnail []byte, mimeType string, err error) {
	if i.animated {
		return nil, "", variant(i.format)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, errTooLong)
	defer cancel()
	src := newSource(ctx, r, i.format)
	img, err := decode(src, i.format)
	if err != nil {
		return nil, "", src.blame(err, i.format)
	}
	canvas := img.Bounds()
	if i.format == formatGIF { // its first frame may be smaller than the picture
		canvas = image.Rect(0, 0, i.Width, i.Height)
	}
	small := upright(shrink(img, canvas), i.orientation)
	if i.colours.fits(img) {
		i.colours.toSRGB(small)
	}
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
	case formatJPEG:
		return jpeg.Decode(r)
	case formatPNG:
		return png.Decode(r)
	case formatGIF:
		return gif.Decode(r)
	}
	return webp.Decode(r)
}
