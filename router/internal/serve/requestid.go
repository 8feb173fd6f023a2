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
