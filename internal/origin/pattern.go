package origin

import "strings"

// pattern reports whether an entry of the trusted origins is for a place.
type pattern func(place) bool

// compile reads an entry; see [New].
func compile(entry string) pattern {
	entry = strings.ToValidUTF8(entry, "\ufffd") // which regexp insists on
	wild := strings.ContainsAny(entry, "*?")
	if wild && !strings.Contains(entry, "://") {
		return compileHost(entry)
	}
	web, app := compileOrigin(entry, wild), compileApp(entry, wild)
	return func(p place) bool {
		if p.isWeb() {
			return web(p)
		}
		return app(p)
	}
}

// compileHost reads a host with wildcards. Better Auth takes it for apps as well,
// and so for "javascript://app.example/%0a...".
func compileHost(entry string) pattern {
	matches := glob(entry)
	return func(p place) bool { return p.isWeb() && matches(p.host) && isRange(entry, p.host) }
}

func compileOrigin(entry string, wild bool) pattern {
	if !wild {
		return func(p place) bool { return p.origin() == entry }
	}
	matches := glob(entry)
	_, host, _ := strings.Cut(entry, "://")
	return func(p place) bool { return matches(p.origin()) && isRange(host, p.host) }
}

func compileApp(entry string, wild bool) pattern {
	query := "?"
	if wild {
		query = ""
	}
	scheme, host, path, ok := split(entry, query)
	path, clean := cleanPath(path)
	if !ok || !clean {
		return func(place) bool { return false }
	}
	host = strings.ToLower(host)
	below := func(p place) bool { return path == "" || p.path == path || strings.HasPrefix(p.path, path+"/") }
	at := func(p place) bool { return host == "" || p.host == host }
	if wild {
		matchesHost, matchesPath := glob(host), glob(path)
		at = func(p place) bool { return host == "" || matchesHost(p.host) && isRange(host, p.host) }
		below = func(p place) bool { return path == "" || matchesPath(p.path) || p.path == "" && matchesPath("/") }
	}
	return func(p place) bool { return p.scheme == scheme && at(p) && below(p) }
}

// isRange reports whether host may be what an entry's host stands for: one of
// digits and wildcards, such as "192.168.*", is a range of IPv4 addresses, and
// "192.168.evil.example" is not in it.
func isRange(entry, host string) bool {
	entry = until(entry, ":")
	if !strings.ContainsAny(entry, "0123456789") || strings.Trim(entry, "0123456789*?.") != "" {
		return true
	}
	return isIPv4(until(host, ":"))
}
