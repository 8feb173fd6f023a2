// Package storable tells whether PostgreSQL can hold a text. What takes texts of clients refuses
// the others, so that it can say which one it is.
package storable

import (
	"strings"
	"unicode/utf8"
)

// Text reports whether PostgreSQL can hold s: whether it is UTF-8 and has no zero byte.
func Text(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }
