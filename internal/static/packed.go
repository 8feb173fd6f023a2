package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"switchyard/internal/coding"
)

// Packed is content that is kept in its compressed form alone. It is for content that is large
// and seldom asked for. Make one with [Pack]. It is safe for concurrent use.
type Packed struct {
	contentType string
	tag         string // of the plain content
	packed      map[coding.Coding]func() []byte
}

// Pack returns content of this media type, compressed. It does not keep content itself.
func Pack(contentType string, content []byte) *Packed {
	sum, gzipped := sha256.Sum256(content), coding.Pack(coding.Gzip, content)
	p := &Packed{contentType: contentType, tag: hex.EncodeToString(sum[:16])}
	p.packed = map[coding.Coding]func() []byte{
		coding.Gzip: func() []byte { return gzipped },
		coding.Zstd: sync.OnceValue(func() []byte { return coding.Pack(coding.Zstd, p.plain()) }),
	}
	return p
}

// ServeHTTP answers with the content in the coding that the client likes best, with an ETag, or
// 304 if the client has it. Parts of it (Range) are sent as they are. It leaves Cache-Control to
// its caller.
func (p *Packed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", p.contentType)
	h.Add("Vary", "Accept-Encoding")
	k := coding.Choose(r.Header["Accept-Encoding"], coding.Zstd, coding.Gzip)
	if k == coding.Identity || r.Header["Range"] != nil {
		h.Set("Etag", `"`+p.tag+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.plain()))
		return
	}
	content := p.packed[k]()
	h.Set("Content-Encoding", string(k))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Etag", `"`+p.tag+"-"+string(k)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// plain returns the content as it was. It panics if what was packed here cannot be unpacked.
func (p *Packed) plain() []byte {
	z, err := gzip.NewReader(bytes.NewReader(p.packed[coding.Gzip]()))
	if err != nil {
		panic(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return content
}
