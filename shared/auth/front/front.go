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

// Visit returns r with the signed-in user as its caller; r as it is if nobody is signed in. It is
// for public pages.
func Visit(s *betterauth.Server, w http.ResponseWriter, r *http.Request) *http.Request {
	user, ok := s.User(w, r)
	if !ok {
		return r
	}
	return r.WithContext(auth.With(r.Context(), user, auth.Session{}))
}

// Leave tells the browser of a user who has just signed out to forget what pages of the site
// have stored in it: its next user may be somebody else. Browsers obey only pages that came
// over https, or from their own machine.
func Leave(w http.ResponseWriter) { w.Header().Set("Clear-Site-Data", `"storage"`) }

// Path returns the address of the page at path, where it leads on to next.
func Path(path, next string) string { return address(path, url.Values{}, next) }

// Done returns the address of the page at path, where it says what has been done and leads on to
// next. code is one of the page's own codes.
func Done(path, code, next string) string { return address(path, url.Values{"done": {code}}, next) }

// address returns the page at path with this query, which leads on to next; that
// is not said if it is "" or "/".
func address(path string, query url.Values, next string) string {
	if next != "" && next != "/" {
		query.Set("next", next)
	}
	return (&url.URL{Path: path, RawQuery: query.Encode()}).String()
}

// Failed returns next without the error in its query, and the code of that error; "" if it has
// none. The page for signing in uses it: a flow of signing in that fails without a page of its
// own ends on the first page, which is closed and leads here. Without Failed, the error would
// be shown only after the user has signed in, when it is over.
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
