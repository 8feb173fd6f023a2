package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image/color"
	"io"
	"slices"
	"strings"
	"testing"

	"switchyard/functions/jobs/files/process/internal/picture"
)

// 100 kB that go over 36 megapixels 500 times would keep a decoder busy for 15 s.
func TestScans(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"bomb":               {scans(6000, 500), "more than 100 times"},
		"many":               {scans(64, 101), "more than 100 times"},
		"as many as allowed": {scans(64, 99), ""}, // and the first
		// What looks like scans within another segment is none.
		"a thumbnail within": {slices.Insert(scans(64, 20), 2, segment(0xe1, scans(64, 200))...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), "image/jpeg")
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = picture.Thumbnail(t.Context(), bytes.NewReader(tt.data), info)
			var beyond *picture.BeyondError
			if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &beyond) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A decoder ends with its context, though it has read ahead.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for mimeType, data := range map[string][]byte{
		"image/jpeg": scans(64, 90),
		"image/png":  pngOf(t, fill(300, 300, color.NRGBA{R: 255, A: 255})),
		"image/gif":  gifOf(t, palettedOf(300, 300), 300, 300),
		"image/webp": webpOf(100, 100, 0, nil, nil),
	} {
		t.Run(mimeType, func(t *testing.T) {
			t.Parallel()
			info, err := picture.Inspect(t.Context(), bytes.NewReader(data), mimeType)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			once := readerFunc(func(p []byte) (int, error) {
				defer cancel()
				n := copy(p, data)
				data = data[n:]
				return n, nil
			})
			if _, _, err := picture.Thumbnail(ctx, once, info); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want Canceled", err)
			}
			if _, err := picture.Inspect(ctx, once, mimeType); !errors.Is(err, context.Canceled) {
				t.Errorf("Inspect: %v, want Canceled", err)
			}
		})
	}
}

// A header without an end is not read to its end.
func TestEndless(t *testing.T) {
	t.Parallel()
	comment := segment(0xfe, bytes.Repeat([]byte("x"), 60_000))
	endless := io.MultiReader(bytes.NewReader([]byte{0xff, 0xd8}), readerFunc(func(p []byte) (int, error) {
		if len(p) < len(comment) {
			return copy(p, segment(0xfe, make([]byte, len(p)-4))), nil
		}
		return copy(p, comment), nil
	}))
	_, err := picture.Inspect(t.Context(), endless, "image/jpeg")
	var beyond *picture.BeyondError
	if !errors.As(err, &beyond) || !strings.Contains(beyond.Reason, "256 MiB") {
		t.Errorf("got %v", err)
	}
}

// Neither a small header nor a chunk that the decoder skips can hide how much memory lossless
// pixels take.
func TestLosslessWithinExtendedWebP(t *testing.T) {
	t.Parallel()
	head := bytes.Replace(webpHeader(0, 6000, 6000), []byte("VP8 "), []byte("VP8L"), 1)
	head[4] = 0xff               // there is room for more
	const first, pixels = 12, 30 // where these chunks begin
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"plain":                       {head, "411 MiB of memory"},
		"animation that is none":      {slices.Insert(slices.Clone(head), pixels, riff("ANIM", make([]byte, 6))...), "411 MiB of memory"},
		"frame of no animation":       {slices.Insert(slices.Clone(head), pixels, riff("ANMF", make([]byte, 16))...), "411 MiB of memory"},
		"something before the header": {slices.Insert(slices.Clone(head), first, riff("JUNK", make([]byte, 4))...), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), "image/webp")
			var beyond *picture.BeyondError
			if damaged := !errors.As(err, &beyond); damaged != (tt.want == "damaged") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// scans returns a progressive grey JPEG of side × side pixels, that goes over them n times
// more than it has to. Each code of its tables has one bit, 0.
func scans(side uint16, n int) []byte {
	table := func(class byte, symbol byte) []byte { // one code of one bit
		return segment(0xc4, slices.Concat([]byte{class, 1}, make([]byte, 15), []byte{symbol}))
	}
	scan := func(first, last byte) []byte {
		return segment(0xda, []byte{1, 1, 0, first, last, 0})
	}
	blocks := (int(side) + 7) / 8 * ((int(side) + 7) / 8)
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, side), side)
	const run = 0xe0 // 16,384 blocks of nothing, and as many more as its 14 bits say
	data := slices.Concat([]byte{0xff, 0xd8},
		segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)),
		segment(0xc2, append(size, 1, 1, 0x11, 0)),
		table(0x00, 0), table(0x10, run),
		scan(0, 0), make([]byte, (blocks+7)/8))
	again := append(scan(1, 63), make([]byte, (15*(blocks/16384+1)+7)/8)...)
	return slices.Concat(data, bytes.Repeat(again, n), []byte{0xff, 0xd9})
}
