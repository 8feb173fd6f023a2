package origin

import (
	"net/netip"
	"strconv"
	"strings"
)

// place is where a URL leads to.
type place struct {
	scheme string // in lower case
	host   string // in lower case, with the port unless it is the scheme's own
	path   string // of an app: decoded and without dot segments; "" for the root
}

// isWeb reports whether p is a place on the web, and not in an app.
func (p place) isWeb() bool { return p.scheme == "http" || p.scheme == "https" }

// origin returns the origin of a place on the web, as browsers write it.
func (p place) origin() string { return p.scheme + "://" + p.host }

// parse reads u, an absolute URL. It refuses what the URL standard of browsers
// would first have to repair, because others repair it differently: control
// characters, "https:host", backslashes before the path, hosts that are not in
// ASCII, are percent-encoded, or are numbers in a form of their own.
func parse(u string) (place, bool) {
	scheme, authority, path, ok := split(u, "?")
	if !ok || !isClean(u) || !isScheme(scheme) || leadsNowhere(scheme) {
		return place{}, false
	}
	p := place{scheme: scheme}
	if !p.isWeb() {
		p.host = strings.ToLower(authority)
		p.path, ok = cleanPath(path)
		return p, ok && isAppHost(p.host)
	}
	p.host, ok = webHost(scheme, authority)
	return p, ok
}

// split takes a URL, or an entry like one, apart. The scheme is in lower case; the
// authority is "" if there is none. query is "?", or "" for an entry in which that
// is a wildcard.
func split(u, query string) (scheme, authority, path string, ok bool) {
	scheme, rest, ok := strings.Cut(u, ":")
	if after, found := strings.CutPrefix(rest, "//"); found {
		authority = until(after, "/#"+query)
		rest = after[len(authority):]
	}
	return strings.ToLower(scheme), authority, until(rest, "#"+query), ok
}

// isScheme reports whether s is a scheme (RFC 3986, 3.1), in lower case.
func isScheme(s string) bool {
	return s != "" && 'a' <= s[0] && s[0] <= 'z' && isMadeOf(s, "+-.")
}

// leadsNowhere reports whether nobody is to be led to such a URL, whatever the
// entries say: scripts run where they are opened, and the others are no apps, but
// read by browsers with rules that are not those of [parse].
func leadsNowhere(scheme string) bool {
	switch scheme {
	case "javascript", "data", "vbscript", "file", "ftp", "ws", "wss":
		return true
	}
	return false
}

// webHost returns the host of a URL of the web, and its port unless that is the
// scheme's own. Who is named before an "@" does not matter.
func webHost(scheme, authority string) (string, bool) {
	if strings.Contains(authority, `\`) {
		return "", false
	}
	host, port, ok := cutPort(strings.ToLower(authority[strings.LastIndexByte(authority, '@')+1:]))
	if ok {
		host, ok = canonicalHost(host)
	}
	if !ok {
		return "", false
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return host, true
	}
	return host + ":" + port, true
}

// cutPort cuts the port off, which is "" or a number without zeros before it.
func cutPort(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.HasSuffix(s, "]") {
		return s, "", true
	}
	host, port = s[:i], s[i+1:]
	if port == "" {
		return host, "", true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return host, strconv.FormatUint(n, 10), err == nil
}

// canonicalHost returns host as browsers write it.
func canonicalHost(host string) (string, bool) {
	if inner, found := strings.CutPrefix(host, "["); found {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		// Of an IPv4 address in an IPv6 one, netip and browsers write another form.
		if err != nil || !strings.HasSuffix(inner, "]") || !addr.Is6() || addr.Zone() != "" || addr.Is4In6() {
			return "", false
		}
		return "[" + addr.String() + "]", true
	}
	if !isMadeOf(host, "-._") || isNumber(host) && !isIPv4(host) {
		return "", false
	}
	return host, host != ""
}

// isNumber reports whether browsers read host as an IPv4 address, in whatever form:
// "0x7f.1" is 127.0.0.1 (URL standard, "ends in a number checker").
func isNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, found := strings.CutPrefix(last, "0x"); found {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func isIPv4(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Is4()
}

// isMadeOf reports whether s has lower-case letters, digits and the characters of
// more alone.
func isMadeOf(s, more string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(more, r) {
			return false
		}
	}
	return true
}
