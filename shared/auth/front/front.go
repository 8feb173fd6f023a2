// Package front is what the pages of signing in have in common: who visits, where
// their links lead, and what a route's error means to people.
package front

import (
	"net/http"
	"net/url"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/ui"
)

// Visit returns r with the user who is signed in as its caller, if there is one,
// for public pages.
func Visit(s *betterauth.Server, w http.ResponseWriter, r *http.Request) *http.Request {
	user, ok := s.User(w, r)
	if !ok {
		return r
	}
	return r.WithContext(auth.With(r.Context(), user, auth.Session{}))
}

// Leave has the browser forget what pages of the site have stored in it, whose user has just
// left: the next one may be somebody else. Browsers do so only for pages that came over https,
// or from their own machine.
func Leave(w http.ResponseWriter) { w.Header().Set("Clear-Site-Data", `"storage"`) }

// Path returns the page at path, which leads on to next.
func Path(path, next string) string { return address(path, url.Values{}, next) }

// Done returns the page at path, where it says what has been done, by one of the
// page's own codes, and which leads on to next.
func Done(path, code, next string) string { return address(path, url.Values{"done": {code}}, next) }

// address returns the page at path with this query, which leads on to next; that
// is not said if it is "" or "/".
func address(path string, query url.Values, next string) string {
	if next != "" && next != "/" {
		query.Set("next", next)
	}
	return (&url.URL{Path: path, RawQuery: query.Encode()}).String()
}

// Failed returns where next leads, without the error that it would show there, and
// that error's code; "" if it has none. A flow of signing in that fails and has no
// page of its own ends on the first page, which is closed: who is signed out is led
// from there to sign in, would see nothing of it, and see it afterwards when all is
// well.
func Failed(next string) (rest, code string) {
	u, err := url.Parse(next)
	if err != nil || u.Path != "/" || u.Host != "" {
		return next, ""
	}
	query := u.Query()
	if code = query.Get("error"); code == "" {
		return next, ""
	}
	query.Del("error")
	query.Del("error_description")
	u.RawQuery = query.Encode()
	return u.String(), code
}

// ProviderName returns what people call a provider.
func ProviderName(id string) string {
	name, ok := map[string]string{"github": "GitHub", "google": "Google", "credential": "Password"}[id]
	if !ok {
		return id
	}
	return name
}

// pages are those of an account.
func pages() []ui.Link {
	return []ui.Link{
		{Href: auth.AccountPath, Text: "Account"},
		{Href: auth.SessionsPath, Text: "Sessions"},
		{Href: auth.KeysPath, Text: "API keys"},
	}
}
