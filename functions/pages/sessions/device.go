package sessions

import (
	"net/netip"
	"strings"
)

// sign is a part of a User-Agent header, and what it tells.
type sign struct{ part, name string }

// device says in a few words what the sender of a User-Agent header says it is:
// "Firefox on Linux". Anybody can send any header, so it is no proof.
//
// Browsers name their ancestors as well, so the order counts: Edge says that it is
// Chrome and Safari, and Android that it is Linux.
// See https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/User-Agent.
func device(userAgent string) string {
	browser := first(userAgent, []sign{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
	})
	system := first(userAgent, []sign{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"Macintosh", "a Mac"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	})
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case system != "":
		return "A browser on " + system
	}
	return "An unknown device"
}

// first returns the name of the first sign that the text has, or "".
func first(text string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(text, s.part) {
			return s.name
		}
	}
	return ""
}

// address returns an IP address as people write it. Of IPv6 only the network is
// stored.
func address(ip string) string {
	addr, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return "unknown address"
	case addr.Is6():
		return addr.String() + "/64"
	}
	return addr.String()
}

// text returns what is known of a session, "" if nothing is.
func text(known *string) string {
	if known == nil {
		return ""
	}
	return *known
}
