package origin

import (
	"errors"
	"strings"
)

// What is wrong with an entry; never the entry, for it may hold a password.
var (
	errNoOrigin  = errors.New("is no origin: want such as https://app.example, a pattern such as https://*.app.example, or an app's such as myapp://")
	errUnusual   = errors.New("is not what browsers send: want lower case, no path, and no port that is the scheme's own, as in https://app.example")
	errEverybody = errors.New("trusts everybody, so that any page could do here what its visitors may: name the origins, or their domain as in https://*.app.example")
)

// Entry returns an entry as [New] takes it, without a slash at its end. It refuses an entry that
// would trust nothing, or everybody. The error is the end of a sentence, to be written after
// its subject: "entry 2 " and the error.
func Entry(entry string) (string, error) {
	scheme, authority, found := strings.Cut(entry, "://")
	wild := strings.ContainsAny(entry, "*?")
	if !found {
		scheme, authority = "https", entry // a host, for http and https
	}
	web := webScheme(scheme)
	switch {
	case !isClean(entry) || strings.Contains(entry, `\`) || !found && !wild:
		return "", errNoOrigin
	case web == "":
		return entry, checkApp(entry, wild)
	}
	return strings.TrimSuffix(entry, "/"), checkWeb(web, strings.TrimSuffix(authority, "/"))
}

// webScheme returns a scheme of the web that the scheme of an entry stands for; "" if
// there is none.
func webScheme(scheme string) string {
	matches := glob(scheme)
	for _, web := range []string{"https", "http"} {
		if strings.EqualFold(scheme, web) {
			return scheme
		}
		if matches(web) {
			return web
		}
	}
	return ""
}

// checkWeb checks an origin of the web, or a pattern of some.
func checkWeb(scheme, authority string) error {
	host, example := authority, exampleOf(authority)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	p, ok := parse(scheme + "://" + example)
	switch {
	case strings.Trim(host, "*?.") == "" && host != "":
		return errEverybody
	case strings.ContainsAny(host, "*?") && strings.Trim(host, "0123456789*?.") == "":
		return nil // a range of IPv4 addresses
	case !ok:
		return errNoOrigin
	case p.origin() != scheme+"://"+example:
		return errUnusual
	}
	return nil
}

// checkApp checks the scheme of an app, and the place in it.
func checkApp(entry string, wild bool) error {
	query := "?"
	if wild {
		query = ""
	}
	scheme, authority, path, _ := split(entry, query)
	_, clean := cleanPath(path)
	if !clean || !isScheme(scheme) || leadsNowhere(scheme) || !isAppHost(strings.ToLower(exampleOf(authority))) {
		return errNoOrigin
	}
	return nil
}

// exampleOf returns a host and port that match those of an entry.
func exampleOf(authority string) string {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.HasSuffix(authority, "]") {
		i = len(authority)
	}
	host, port := authority[:i], authority[i:]
	return strings.NewReplacer("*", "a", "?", "a").Replace(host) + strings.NewReplacer("*", "1", "?", "1").Replace(port)
}
