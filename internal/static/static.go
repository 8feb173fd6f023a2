// Package static serves content that never changes while the program runs. Each content
// is compressed once, when it is first asked for, and not for each request.
package static

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"time"

	"switchyard/internal/coding"
)

// Content is something to serve. Make one with [New]. It is safe for concurrent use.
type Content struct {
	contentType string
	plain       variant
	packed      map[coding.Coding]func() variant // empty if that is not worth it
}

// variant is a content as it is sent.
type variant struct {
	etag    string // strong: the bytes of each coding have their own
	content []byte
}

// New returns content of this media type.
func New(contentType string, content []byte) *Content {
	sum := sha256.Sum256(content)
	tag := hex.EncodeToString(sum[:16])
	c := &Content{contentType: contentType, plain: variant{`"` + tag + `"`, content}}
	if len(content) < coding.MinSize || !coding.Worth(contentType) {
		return c
	}
	c.packed = map[coding.Coding]func() variant{}
	for _, k := range []coding.Coding{coding.Gzip, coding.Zstd} {
		c.packed[k] = sync.OnceValue(func() variant {
			return variant{`"` + tag + "-" + string(k) + `"`, coding.Pack(k, content)}
		})
	}
	return c
}

// ServeHTTP answers with the content in the coding that the client likes best, with an
// ETag, or 304 if the client has it. Parts of it (Range) are sent as they are. It leaves
// Cache-Control to its caller.
func (c *Content) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, v := w.Header(), c.plain
	h.Set("Content-Type", c.contentType)
	if c.packed != nil {
		h.Add("Vary", "Accept-Encoding")
		if k := coding.Choose(r.Header["Accept-Encoding"], coding.Zstd, coding.Gzip); k != coding.Identity && r.Header["Range"] == nil {
			v = c.packed[k]()
			h.Set("Content-Encoding", string(k))
			h.Set("Content-Length", strconv.Itoa(len(v.content)))
		}
	}
	h.Set("Etag", v.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.content))
}
