package account

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// link returns the URL of a mail: a route with a token that leads on to callback,
// by default to "/".
func (r *Routes) link(path, token, callback string) string {
	return r.Auth.URL.String() + wire.BasePath + path + "?token=" + token + "&callbackURL=" + encodeURIComponent(cmp.Or(callback, "/"))
}

// resolve returns callback as an absolute URL with a parameter set in its query,
// which is written as a form is; see new URL(callback, base) and
// URLSearchParams.set in JavaScript.
func (r *Routes) resolve(callback, name, value string) (any, error) {
	u, err := url.Parse(callback)
	if err != nil {
		return nil, invalidCallback()
	}
	u = r.Auth.URL.ResolveReference(u)
	addSlash(u)
	u.RawQuery = setParameter(u.RawQuery, name, value)
	return wire.Redirect(u.String()), nil
}

// setParameter sets a parameter of a query in the place of the first of its name,
// or at the end.
func setParameter(query, name, value string) string {
	var pairs []string
	set := false
	add := func(name, value string) { pairs = append(pairs, formEncode(name)+"="+formEncode(value)) }
	for pair := range strings.SplitSeq(query, "&") {
		switch key, old, ok := wire.ReadPair(pair); {
		case !ok:
		case key != name:
			add(key, old)
		case !set:
			add(name, value)
			set = true
		}
	}
	if !set {
		add(name, value)
	}
	return strings.Join(pairs, "&")
}

// appendError returns callback with the code of an error at the end of its query.
// A path stays a path, with the same segments: without "." and "..", "/.//host"
// would lead to another host.
func appendError(callback, code string) (any, error) {
	u, err := url.Parse(callback)
	if err != nil {
		return nil, invalidCallback()
	}
	addSlash(u)
	if u.RawQuery != "" && !strings.HasSuffix(u.RawQuery, "&") {
		u.RawQuery += "&"
	}
	u.RawQuery += "error=" + formEncode(code)
	return wire.Redirect(u.String()), nil
}

// addSlash gives the URL of a site the path that it means.
func addSlash(u *url.URL) {
	if u.Path == "" && (u.Scheme == "https" || u.Scheme == "http") {
		u.Path = "/"
	}
}

func invalidCallback() error {
	return wire.Fail(http.StatusForbidden, "INVALID_CALLBACK_URL", "Invalid callbackURL")
}

// encodeURIComponent is JavaScript's (ECMA-262, 19.2.6.4).
func encodeURIComponent(s string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(strings.ToValidUTF8(s, "\ufffd")))
}

// formEncode encodes s as URLSearchParams does
// (https://url.spec.whatwg.org/#concept-urlencoded-serializer).
func formEncode(s string) string {
	return strings.NewReplacer("~", "%7E", "%2A", "*").Replace(url.QueryEscape(strings.ToValidUTF8(s, "\ufffd")))
}
