package picture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
	"time"
)

// Bounds of the work on one picture; see picture.go for those that its header tells.
const (
	maxBytes = 256 << 20   // of a file; a picture within the other bounds does not come near
	maxTime  = time.Minute // for a decoder: a photograph of 48 megapixels takes about 2 s
	maxChunk = 512         // bytes that a decoder gets at once, so that it cannot work long without asking
)

// errTooLong ends a decoder that has worked for maxTime.
var errTooLong = errors.New("picture: it takes too long to decode")

// source reads a picture for a decoder, until its context ends or a bound is reached. It
// remembers the error that it ended with, so that neither a bound nor a connection that
// broke is taken for a damaged picture.
type source struct {
	ended func() error // why the context has ended; nil if it has not
	r     *bufio.Reader
	left  int64     // bytes that may still be read
	scans *scanning // what is read is a JPEG; else nil
	err   error
}

func newSource(ctx context.Context, r io.Reader, format string) *source {
	ended := func() error { return context.Cause(ctx) }
	s := &source{ended: ended, r: bufio.NewReaderSize(r, 64<<10), left: maxBytes}
	if format == formatJPEG {
		s.scans = &scanning{}
	}
	return s
}

// Read implements io.Reader. With an error come no bytes: decoders that get both go on.
func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.ended()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p[:min(len(p), maxChunk)])
	s.left -= int64(n)
	switch {
	case s.left < 0:
		s.err = beyond("The file has more than %d MiB.", maxBytes>>20)
	case s.scans != nil && s.scans.count(p[:n]) > maxScans:
		s.err = beyond("It goes over its pixels more than %d times.", maxScans)
	case err != nil && !errors.Is(err, io.EOF):
		s.err = err
	}
	if s.err != nil {
		return 0, s.err
	}
	return n, err
}

// blame returns whose fault err is, which a decoder of the format returned.
func (s *source) blame(err error, format string) error {
	var limit *BeyondError
	var jpegVariant jpeg.UnsupportedError
	var pngVariant png.UnsupportedError
	switch {
	case errors.As(s.err, &limit):
		return limit
	case errors.Is(s.err, errTooLong):
		return beyond("It takes more than %d seconds to decode.", int(maxTime.Seconds()))
	case s.err != nil:
		return fmt.Errorf("picture: read: %w", s.err)
	case errors.As(err, &jpegVariant), errors.As(err, &pngVariant):
		return variant(format)
	}
	return &DamagedError{Reason: fmt.Sprintf("This %s picture is damaged or incomplete. Save it anew, and upload that.", format)}
}

// variant returns the error of a variant of the format that cannot be decoded.
func variant(format string) *BeyondError {
	return beyond("It is a variant of %s that cannot be decoded here.", format)
}

func beyond(reason string, args ...any) *BeyondError {
	return &BeyondError{Reason: fmt.Sprintf(reason, args...)}
}
