package serve

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// requestID returns the name that the platform or the caller gave a request, if
// it is fit for a log and a header, or a new one.
func requestID(h http.Header) string {
	for _, name := range [...]string{"X-Railway-Request-Id", "X-Request-Id"} {
		if id := h[name]; len(id) == 1 && sane(id[0]) {
			return id[0]
		}
	}
	id, err := uuid.NewV7()
	if err != nil { // no randomness: the time alone has to do
		return "unknown"
	}
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
