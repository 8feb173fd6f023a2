// Package coding compresses answers, by the content codings of HTTP (RFC 9110, 8.4)
// that browsers know and a good library writes: zstd (RFC 8878) and gzip.
package coding

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Coding is a content coding, as the headers name it.
type Coding string

// The codings. Identity leaves the bytes as they are.
const (
	Identity Coding = ""
	Gzip     Coding = "gzip"
	Zstd     Coding = "zstd"
)

// MinSize is the size from which on an answer is worth compressing, in bytes: less fits
// into one packet anyway.
const MinSize = 1024

// Choose returns the coding for a client that sends these lines of Accept-Encoding: of
// those that are offered, the one that it likes best, and of two that it likes alike the
// first. It is Identity if it likes none.
func Choose(accept []string, offered ...Coding) Coding {
	best, most := Identity, 0.0
	for _, c := range offered {
		if q := liking(accept, string(c)); q > most {
			best, most = c, q
		}
	}
	return best
}

// liking returns how much a client likes a coding, from 0 to 1.
func liking(accept []string, coding string) float64 {
	rest := 0.0
	for _, line := range accept {
		for entry := range strings.SplitSeq(line, ",") {
			name, parameter, _ := strings.Cut(entry, ";")
			switch name = strings.Trim(name, " \t"); {
			case strings.EqualFold(name, coding):
				return weight(parameter)
			case name == "*":
				rest = weight(parameter)
			}
		}
	}
	return rest
}

// weight returns what a parameter such as "q=0.5" says, from 0 to 1; 1 if there is none.
func weight(parameter string) float64 {
	name, value, found := strings.Cut(strings.Trim(parameter, " \t"), "=")
	if !found || !strings.EqualFold(strings.TrimRight(name, " \t"), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}

// Worth reports whether content of this media type is worth compressing: text, and what is
// written like text. A stream of events (text/event-stream) is not: its events must arrive at
// once, and some proxies hold compressed ones back.
func Worth(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimRight(media, " \t")
	if lower := strings.ToLower(media); lower != media {
		media = lower
	}
	if sub, ok := strings.CutPrefix(media, "text/"); ok {
		return sub != "event-stream"
	}
	switch media {
	case "application/json", "application/javascript", "application/xml", "application/wasm", "application/x-ndjson",
		"application/jsonl", "application/yaml", "application/x-yaml", "application/x-javascript", "application/rtf",
		"application/vnd.ms-fontobject", "font/ttf", "font/otf", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon":
		return true
	}
	return strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml") || strings.HasSuffix(media, "+yaml")
}

// Writer compresses what is written to it.
type Writer interface {
	io.Writer
	// Flush writes on what has been written so far.
	Flush() error
	// Close writes the end.
	Close() error
	// Reset makes the Writer begin anew, on w.
	Reset(w io.Writer)
}

// Pool keeps Writers for answers that are compressed when they are sent: a Writer takes
// long to make, and about 1 MiB of memory. Its zero value is ready; it is safe for
// concurrent use.
type Pool struct{ zstd, gzip sync.Pool }

// Get returns a Writer of c, which is not Identity, on w.
func (p *Pool) Get(c Coding, w io.Writer) Writer {
	z, ok := p.of(c).Get().(Writer)
	if !ok {
		z = newWriter(c, gzip.DefaultCompression, zstd.SpeedDefault)
	}
	z.Reset(w)
	return z
}

// Put takes back a Writer of c that is not used any more, closed or not.
func (p *Pool) Put(c Coding, z Writer) {
	z.Reset(nil)
	p.of(c).Put(z)
}

func (p *Pool) of(c Coding) *sync.Pool {
	if c == Gzip {
		return &p.gzip
	}
	return &p.zstd
}

// Pack returns content in the coding c, as small as it gets.
func Pack(c Coding, content []byte) []byte {
	var b bytes.Buffer
	z := newWriter(c, gzip.BestCompression, zstd.SpeedBestCompression)
	z.Reset(&b)
	_, _ = z.Write(content) // into memory, which takes it
	_ = z.Close()
	return b.Bytes()
}

// window bounds how far back zstd looks, in bytes. It is small, since both sides keep as
// much in memory.
const window = 256 << 10

func newWriter(c Coding, gzipLevel int, zstdLevel zstd.EncoderLevel) Writer {
	if c == Gzip {
		z, err := gzip.NewWriterLevel(nil, gzipLevel)
		if err != nil { // cannot be: the levels are gzip's own
			panic(err)
		}
		return z
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstdLevel), zstd.WithEncoderConcurrency(1), // no goroutine
		zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	if err != nil { // cannot be: the options are zstd's own
		panic(err)
	}
	return z
}
