// Package csrf says which requests may change something, by Better Auth's rules: what
// comes with cookies must come from a trusted origin.
package csrf

import (
	"net/http"
	"strings"

	"switchyard/internal/origin"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// Check returns nil if the request r may change something, whatever its method is: it
// comes without cookies, or from a trusted origin. always is for requests that are
// checked without cookies too. The error is a *wire.Error.
func Check(o *origin.Rules, r *http.Request, always bool) error {
	if !always && !has(r, "Cookie") {
		return nil
	}
	from := sender(o, r)
	if from == "" || from == "null" {
		return wire.Fail(http.StatusForbidden, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin")
	}
	if !o.Trusts(from) {
		return wire.Fail(http.StatusForbidden, "INVALID_ORIGIN", "Invalid origin")
	}
	return nil
}

// CheckLogin is the rule for sign-in and sign-up, with which somebody could be
// signed in to another's account without noticing. What comes from a browser, as
// its headers tell, is checked even without cookies. The error is a *wire.Error.
func CheckLogin(o *origin.Rules, r *http.Request) error {
	if has(r, "Cookie") {
		return Check(o, r, false)
	}
	site, mode := get(r, "Sec-Fetch-Site"), get(r, "Sec-Fetch-Mode")
	if site == "cross-site" && mode == "navigate" {
		return wire.Fail(http.StatusForbidden, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
			"Cross-site navigation login blocked. This request appears to be a CSRF attack.")
	}
	browser := site + mode + get(r, "Sec-Fetch-Dest") + get(r, "Origin") + get(r, "Referer")
	return Check(o, r, browser != "")
}

// sender returns the URL of the page that sent r, as far as r says; "null" if that
// is hidden. A page that hides it, but is on this site as the browser vouches, is
// at the host that r is for.
func sender(o *origin.Rules, r *http.Request) string {
	from := get(r, "Origin")
	switch {
	case from == "null" && get(r, "Sec-Fetch-Site") == "same-origin":
		return o.Scheme() + "://" + r.Host
	case from == "":
		return get(r, "Referer")
	}
	return from
}

// has reports whether r has the header, whatever it says.
func has(r *http.Request, name string) bool { return len(r.Header.Values(name)) > 0 }

// get returns what the header says, "" if it is not there. One that came several
// times is no origin and no site that anybody knows.
func get(r *http.Request, name string) string {
	return strings.Join(r.Header.Values(name), ", ")
}
