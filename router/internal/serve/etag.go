package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"switchyard/internal/coding"
)

// maxTagged bounds what is held for a tag, in bytes. What is larger gets none.
const maxTagged = 4 << 20

// weaken makes the tag of a 304 weak if the client knows it so, from a compressed answer.
func (x *exchange) weaken(h http.Header) {
	tag := h.Get("Etag")
	for _, line := range x.request["If-None-Match"] {
		if strings.HasPrefix(tag, `"`) && strings.Contains(line, "W/"+tag) {
			h.Set("Etag", "W/"+tag)
			return
		}
	}
}

// tag gives the whole answer its tag, unless the function has. It returns the body, which
// is none, with status 304, if the client has the same.
func (x *exchange) tag(h http.Header, whole []byte) []byte {
	if h["Etag"] == nil {
		sum := sha256.Sum256(whole)
		h["Etag"] = []string{`W/"` + hex.EncodeToString(sum[:16]) + `"`}
	}
	if !matches(x.request["If-None-Match"], h.Get("Etag")) {
		return whole
	}
	if len(whole) >= coding.MinSize && x.compressible(h) {
		addVary(h, x.host.varyCoding) // as if it were sent
	}
	x.status = http.StatusNotModified
	delete(h, "Content-Type")
	delete(h, "Content-Length")
	return nil
}

// matches reports whether lines of If-None-Match name tag, by the weak comparison (RFC
// 9110, 13.1.2).
func matches(lines []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, line := range lines {
		for rest := strings.Trim(line, ", \t"); rest != ""; rest = strings.TrimLeft(rest, ", \t") {
			if rest[0] == '*' {
				return true
			}
			rest = strings.TrimPrefix(rest, "W/")
			end := strings.IndexByte(rest[min(1, len(rest)):], '"') + 2
			if end < 2 || rest[0] != '"' {
				break // malformed from here on
			}
			if rest[:end] == tag {
				return true
			}
			rest = rest[end:]
		}
	}
	return false
}
