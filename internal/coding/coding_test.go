package coding_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"switchyard/internal/coding"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]coding.Coding{
		"gzip, deflate, br, zstd":    coding.Zstd, // Chromium, Firefox
		"gzip, deflate, br":          coding.Gzip, // Safari
		"gzip":                       coding.Gzip,
		"GZip":                       coding.Gzip,
		"zstd;q=0.5, gzip;q=0.6":     coding.Gzip,
		"zstd;q=0.5 , gzip; q=0.5":   coding.Zstd,
		"*":                          coding.Zstd,
		"zstd;q=0, *":                coding.Gzip,
		"*;q=0.1, gzip":              coding.Gzip,
		"":                           coding.Identity,
		"br, deflate":                coding.Identity,
		"identity":                   coding.Identity,
		"gzip;q=0":                   coding.Identity,
		"gzip;q=0.000, zstd;q=0":     coding.Identity,
		"gzip;q=2":                   coding.Identity,
		"gzip;q=much":                coding.Identity,
		"*;q=0":                      coding.Identity,
		"gzipped":                    coding.Identity,
		"br\ngzip;q=0.1, zstd;q=0.1": coding.Zstd, // of two lines
	} {
		if got := coding.Choose(strings.Split(accept, "\n"), coding.Zstd, coding.Gzip); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
	if got := coding.Choose(nil, coding.Gzip); got != coding.Identity {
		t.Errorf("nothing said: got %q", got)
	}
}

func TestWorth(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{
		"text/html; charset=utf-8": true, "Text/CSS": true, "text/plain": true, "application/json": true, "application/problem+json": true,
		"image/svg+xml": true, "application/wasm": true, "application/x-ndjson": true, "text/javascript ; a=b": true,
		"text/event-stream": false, "TEXT/EVENT-STREAM; charset=utf-8": false, "image/png": false, "image/jpeg": false, "video/mp4": false,
		"application/zip": false, "application/pdf": false, "font/woff2": false, "application/octet-stream": false, "": false,
	} {
		if got := coding.Worth(kind); got != want {
			t.Errorf("%q: got %t", kind, got)
		}
	}
}

// unpack returns what b holds.
func unpack(t *testing.T, c coding.Coding, b []byte) string {
	t.Helper()
	var r io.Reader = bytes.NewReader(b)
	var err error
	switch c {
	case coding.Gzip:
		r, err = gzip.NewReader(r)
	case coding.Identity:
	case coding.Zstd:
		var z *zstd.Decoder
		if z, err = zstd.NewReader(r, zstd.WithDecoderMaxWindow(8<<20)); err == nil { // as RFC 9659 lets browsers
			defer z.Close()
			r = z
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPool(t *testing.T) {
	t.Parallel()
	var pool coding.Pool
	for _, c := range []coding.Coding{coding.Gzip, coding.Zstd} {
		broken := pool.Get(c, io.Discard)
		_, _ = io.WriteString(broken, "an answer that breaks off")
		pool.Put(c, broken)
		for range 3 {
			var b bytes.Buffer
			z := pool.Get(c, &b)
			_, _ = io.WriteString(z, "first, ")
			if err := z.Flush(); err != nil || b.Len() == 0 {
				t.Fatalf("%s: nothing is sent by a flush: %v", c, err)
			}
			_, _ = io.WriteString(z, "second")
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			pool.Put(c, z)
			if got := unpack(t, c, b.Bytes()); got != "first, second" {
				t.Errorf("%s: got %q", c, got)
			}
		}
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "short", strings.Repeat("the same again, ", 100_000)} {
		for _, c := range []coding.Coding{coding.Gzip, coding.Zstd} {
			packed := coding.Pack(c, []byte(text))
			if got := unpack(t, c, packed); got != text || len(text) > coding.MinSize && len(packed) > len(text)/50 {
				t.Errorf("%s: %d bytes of %d, and %t", c, len(packed), len(text), got == text)
			}
		}
	}
}
