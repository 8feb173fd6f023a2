package bind

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"time"
)

// Format reports whether s is in a format of JSON Schema, as huma checks it; false for a
// format of which it has a rule, and this has none.
func Format(name, s string) bool {
	switch name {
	case "date-time", "date-time-http", "date", "time", "duration":
		return formatTime(name, s)
	case "uuid":
		_, ok := ParseUUID(s)
		return ok
	case "email", "idn-email":
		_, err := mail.ParseAddress(s)
		return err == nil
	case "uri", "uri-reference", "iri", "iri-reference":
		_, err := url.Parse(s)
		return err == nil
	case "ip", "ipv4", "ipv6":
		return formatAddress(name, s)
	case "regex":
		_, err := regexp.Compile(s)
		return err == nil
	case "hostname", "idn-hostname":
		const most = 255
		return len(s) <= most && hostname.Match(s)
	case "json-pointer":
		return pointer.Match(s)
	case "relative-json-pointer", "uri-template":
		return false // so seldom that they are left to the other binding
	}
	return true // it only describes
}

func formatTime(name, s string) bool {
	var err error
	switch name {
	case "date-time":
		_, err = time.Parse(time.RFC3339, s)
	case "date-time-http":
		_, err = time.Parse(time.RFC1123, s)
	case "date":
		_, err = time.Parse(time.DateOnly, s)
	case "time":
		_, err = time.Parse(time.TimeOnly, s)
	case "duration":
		_, err = time.ParseDuration(s)
	}
	return err == nil
}

func formatAddress(name, s string) bool {
	a, err := netip.ParseAddr(s)
	switch name {
	case "ipv4":
		return err == nil && a.Is4()
	case "ipv6":
		return err == nil && a.Is6() && !a.Is4In6()
	}
	return err == nil
}

// The expressions are huma's (v2.37.2, validate.go).
var (
	hostname = Pattern{Source: `^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9]))*$`} //nolint:gochecknoglobals // a constant, as far as Go can say it
	pointer  = Pattern{Source: `^(?:/(?:[^~/]|~0|~1)*)*$`}                                                                                              //nolint:gochecknoglobals // a constant, as far as Go can say it
)
