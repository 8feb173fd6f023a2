package serve

import (
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// requestID returns the name that the platform or the caller gave a request, if
// it is fit for a log and a header, or a new one. It came at now.
func requestID(h http.Header, now time.Time) string {
	for _, name := range [...]string{"X-Railway-Request-Id", "X-Request-Id"} {
		if id := h[name]; len(id) == 1 && sane(id[0]) {
			return id[0]
		}
	}
	return newID(now)
}

// newID returns a UUID of version 7 (RFC 9562, section 5.7; below the millisecond by method 3 of
// section 6.2). It has to differ from others, and keeps no secret.
func newID(now time.Time) string {
	ns := uint64(now.UnixNano()) //nolint:gosec // after 1970
	ms, below := ns/1e6, ns%1e6
	const version, variant, units = 7 << 12, 1 << 63, 1 << 12
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], ms<<16|version|below*units/1e6)
	binary.BigEndian.PutUint64(id[8:], variant|rand.Uint64()>>2) //nolint:gosec // see above
	return id.String()
}

// traceID returns the id of the trace that a request belongs to, in 32 hexadecimal
// digits, or "" (https://www.w3.org/TR/trace-context/).
func traceID(h http.Header) string {
	const length, start, end = len("00-") + 32 + len("-") + 16 + len("-00"), len("00-"), len("00-") + 32
	sent := h["Traceparent"]
	if len(sent) != 1 || len(sent[0]) < length || sent[0][end] != '-' {
		return ""
	}
	id := sent[0][start:end]
	if strings.Trim(id, "0123456789abcdef") != "" || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

func sane(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("._:/+=-", c) < 0 {
			return false
		}
	}
	return true
}
