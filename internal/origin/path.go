package origin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSafePath reports whether u, which begins with "/", leads to a place here
// whoever reads it: browsers take "/\" for "//", and servers decode "%2F".
//
// Two slashes are refused anywhere in the path, more than Better Auth does: to a
// browser "/..//evil.example" is the path "//evil.example", and who writes that
// down again without the host has a URL of another place.
func isSafePath(u string) bool {
	if !isClean(u) || strings.Contains(u, `\`) {
		return false
	}
	path := strings.ToLower(until(u, "?#"))
	return !strings.Contains(path, "//") && !strings.Contains(path, "%2f") && !strings.Contains(path, "%5c")
}

// isClean reports whether u has no control characters, which browsers drop from
// URLs and which end a header.
func isClean(u string) bool {
	return utf8.ValidString(u) && !strings.ContainsFunc(u, unicode.IsControl)
}

// until returns the part of s before any of these characters.
func until(s, ends string) string {
	if i := strings.IndexAny(s, ends); i >= 0 {
		return s[:i]
	}
	return s
}
