package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"switchyard/shared/coding"
)

const maxTagged = 4 << 20

func (x *exchange) weaken(h http.Header) {
	tag := h.Get("Etag")
	for _, line := range x.asked["If-None-Match"] {
		if strings.HasPrefix(tag, `"`) && strings.Contains(line, "W/"+tag) {
			h.Set("Etag", "W/"+tag)
			return
		}
	}
}

func (x *exchange) tag(h http.Header, whole []byte) []byte {
	if h["Etag"] == nil {
		sum := sha256.Sum256(whole)
		h["Etag"] = []string{`W/"` + hex.EncodeToString(sum[:16]) + `"`}
	}
	if !matches(x.asked["If-None-Match"], h.Get("Etag")) {
		return whole
	}
	if len(whole) >= coding.MinSize && x.packable(h) {
		addVary(h, x.host.varyCoding) // as if it were sent
	}
	x.status = http.StatusNotModified
	delete(h, "Content-Type")
	delete(h, "Content-Length")
	return nil
}

func matches(lines []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, line := range lines {
		for rest := strings.Trim(line, " \t"); rest != ""; rest = strings.TrimLeft(rest, ", \t") {
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
