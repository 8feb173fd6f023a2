// Package origin says which other places are trusted: to send requests from, and
// to be led to. It trusts what Better Auth 1.7 trusts, but takes only URLs that
// every reader understands in the same way.
package origin

import (
	"slices"
	"strings"
)

// Rules are the trusted origins. They are safe for concurrent use.
type Rules struct {
	scheme   string // of the service itself
	patterns []pattern
}

// New returns the rules of a service at base, such as "https://desk.example",
// that trusts these origins besides; see BETTER_AUTH_TRUSTED_ORIGINS. An entry is
//
//   - an origin, compared as text: "https://app.example", "http://localhost:3000";
//   - an origin with "*" for any text and "?" for any character:
//     "https://*.app.example" is all below app.example, but not itself;
//   - a host with such wildcards, for http and https: "*.app.example", and with
//     ports "*.app.example:*";
//   - the scheme of an app, with or without a place in it: "myapp://",
//     "myapp://signed-in", "exp://192.168.*.*:*/**".
//
// A host of digits and wildcards, such as "192.168.*", is for IPv4 addresses alone.
func New(base string, trusted []string) *Rules {
	o := &Rules{}
	if p, ok := parse(base); ok {
		o.scheme = p.scheme
		o.patterns = append(o.patterns, compile(p.origin()))
	}
	for _, entry := range trusted {
		o.patterns = append(o.patterns, compile(entry))
	}
	return o
}

// Callback reports whether one may be led to u: a path here that is safe, or a
// trusted place.
func (o *Rules) Callback(u string) bool {
	if strings.HasPrefix(u, "/") {
		return isSafePath(u)
	}
	return o.trusts(u)
}

// trusts reports whether u is a URL of a trusted place.
func (o *Rules) trusts(u string) bool {
	p, ok := parse(u)
	return ok && slices.ContainsFunc(o.patterns, func(trusts pattern) bool { return trusts(p) })
}
