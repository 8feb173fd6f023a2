package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Secret is a text that must not be seen: every way to print, log or encode it
// shows "redacted".
type Secret string

const redacted = "redacted"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "redacted".
func (Secret) String() string { return redacted }

// GoString returns "redacted".
func (Secret) GoString() string { return redacted }

// Format writes "redacted" whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue returns "redacted".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "redacted".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// URL is an absolute http or https URL, such as "https://example.com". A bare domain
// means https, and slashes at the end are left out.
type URL struct{ *url.URL }

// UnmarshalText parses text. It refuses a user, a query, a fragment, and a URL without a host.
// A platform that writes "https://" before its domain gives such a URL while it has no domain.
func (u *URL) UnmarshalText(text []byte) error {
	s := string(text)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	parsed, err := url.Parse(s)
	switch {
	case err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https"):
		return errors.New("want a URL such as https://example.com")
	case parsed.Hostname() == "" || strings.HasSuffix(parsed.Host, ":"):
		return errors.New("names no host: want a URL such as https://example.com")
	case parsed.User != nil: // it would be logged
		return errors.New("must not hold a user or a password: want a URL such as https://example.com")
	case strings.ContainsAny(s, "?#"): // paths are put behind it
		return errors.New("must not have a query or a fragment (? or #): want a URL such as https://example.com")
	case !isPort(parsed.Port()):
		return errors.New("has no port from 1 to 65535: want a URL such as https://example.com:8443")
	}
	parsed.Path = strings.TrimRight(parsed.Path, "/")
	u.URL = parsed
	return nil
}

// isPort reports whether s is a port, or "" for that of the scheme.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}

// IsSet reports whether there is a URL.
func (u URL) IsSet() bool { return u.URL != nil }

// String returns the URL, or "" if there is none.
func (u URL) String() string {
	if u.URL == nil {
		return ""
	}
	return u.URL.String()
}

// IsLocal reports whether the URL's host is this machine: an address in place
// of a name, or localhost.
func (u URL) IsLocal() bool {
	return u.URL != nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()) != nil)
}

// BasePath is the beginning of paths, such as "/v1"; "" is none. It does not end in a
// slash, and is made of characters that stand for themselves in a URL.
type BasePath string

// UnmarshalText parses text. A slash at the end is taken off.
func (p *BasePath) UnmarshalText(text []byte) error {
	s := strings.TrimSuffix(string(text), "/")
	if s != "" && (s[0] != '/' || path.Clean(s) != s || strings.ContainsFunc(s, isEscaped)) {
		return errors.New("want a path such as /v1, of letters, digits and - . _ ~ $ + ! * ' ( )")
	}
	*p = BasePath(s)
	return nil
}

// isEscaped reports whether c may be written otherwise in a path.
func isEscaped(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~$+!*'()/", c)
}

// Switch is a development switch that may also name a server: INNGEST_DEV.
// "0" and "false" mean off, as anybody would expect.
type Switch struct {
	On     bool
	Server URL // only if the variable was a URL
}

// UnmarshalText parses 0, false or off; 1, true or on; or the URL of a server, which means on.
func (s *Switch) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "0", "false", "off":
		*s = Switch{}
		return nil
	case "1", "true", "on":
		*s = Switch{On: true}
		return nil
	}
	if !strings.Contains(string(text), "://") || s.Server.UnmarshalText(text) != nil {
		return errors.New("want 1, 0 or the URL of a development server such as http://127.0.0.1:8288")
	}
	s.On = true
	return nil
}

// checkOneOf reports name unless value is one of the allowed ones.
func checkOneOf(report func(name, problem string), name, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		report(name, "is malformed: want one of "+strings.Join(allowed, ", "))
	}
}
