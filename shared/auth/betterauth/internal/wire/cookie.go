package wire

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// Cookies yields the cookies that came with a request, as they were sent; those of a header
// in which the text part does not occur are left out, so that to look for what is not there
// costs little. It is more generous than net/http, as Better Auth is.
func Cookies(h http.Header, part string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, line := range h["Cookie"] {
			if !strings.Contains(line, part) {
				continue
			}
			for pair := range strings.SplitSeq(line, ";") {
				name, value, ok := strings.Cut(pair, "=")
				if ok && !yield(strings.TrimSpace(name), strings.TrimSpace(value)) {
					return
				}
			}
		}
	}
}

// SetCookie adds a Set-Cookie header, in place of one for the same cookie.
func SetCookie(h http.Header, line string) {
	name, _, _ := strings.Cut(line, "=")
	DropCookies(h, func(other string) bool { return other == name })
	h["Set-Cookie"] = append(h["Set-Cookie"], line)
}

// DropCookies removes the Set-Cookie headers of these cookies.
func DropCookies(h http.Header, these func(name string) bool) {
	lines, ok := h["Set-Cookie"]
	if !ok {
		return
	}
	h["Set-Cookie"] = slices.DeleteFunc(lines, func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return these(name)
	})
}
