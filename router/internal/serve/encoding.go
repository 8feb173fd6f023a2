package serve

import (
	"net/http"
	"strings"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// checkEncoding refuses what a function would read as something else than was sent: a
// query of which net/url leaves parts out, and a body that is encoded in a way that
// nobody undoes.
func (g *guard) checkEncoding(r *http.Request) error {
	if !escaped(r.URL.RawQuery) {
		return fault.New(fault.Invalid, "The query is not well encoded: in it, %% stands before two hexadecimal digits, and for itself as %%25.")
	}
	if encoding := r.Header["Content-Encoding"]; len(encoding) > 0 && !g.info.Encoded && !plain(encoding) {
		return answer.New(http.StatusUnsupportedMediaType, fault.Invalid,
			"The request's body is compressed, or encoded in another way. Send it as it is, without a Content-Encoding.").
			With("Accept-Encoding", "identity") // RFC 9110, section 15.5.16
	}
	return nil
}

// plain reports whether these are the encodings of a body that is not encoded.
func plain(encodings []string) bool {
	for _, e := range encodings {
		if e = strings.TrimSpace(e); e != "" && !strings.EqualFold(e, "identity") {
			return false
		}
	}
	return true
}

// escaped reports whether each % in a query stands before two hexadecimal digits.
func escaped(query string) bool {
	for {
		i := strings.IndexByte(query, '%')
		if i < 0 {
			return true
		}
		query = query[i+1:]
		if len(query) < 2 || !isHex(query[0]) || !isHex(query[1]) {
			return false
		}
	}
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f'
}
