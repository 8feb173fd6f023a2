package outgoing

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchyard/shared/fault"
)

// MaxURL is how long a URL may be, in bytes.
const MaxURL = 2000

// Check returns text as a URL that may be called, as far as can be told before its name is
// looked up, or fault.Invalid: it is https, on port 443 or one from 1024, without a user and
// a fragment, and its host is a name, or an address that may be reached. Plain http may lead
// to networks that are allowed.
func (c *Client) Check(text string) (string, error) {
	if len(text) > MaxURL {
		return "", fault.New(fault.Invalid, "A URL has at most %d characters.", MaxURL)
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return "", fault.New(fault.Invalid, "This is not a URL. Write one such as https://example.com/hook.").Because(err)
	}
	if err := c.check(u); err != nil {
		return "", err
	}
	return u.String(), nil
}

func (c *Client) check(u *url.URL) error {
	host := strings.TrimSuffix(u.Hostname(), ".")
	refuse := func(message string) error { return fault.New(fault.Invalid, "%s", message) }
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || len(c.allowed) == 0):
		return refuse("A URL begins with https://.")
	case host == "" || u.Opaque != "":
		return refuse("The URL names no host. Write one such as https://example.com/hook.")
	case u.User != nil:
		return refuse("A URL must not hold a user or a password. What is sent is signed instead.")
	case u.Fragment != "":
		return refuse("A URL must not have a fragment (#): it is never sent.")
	case !ascii(host):
		return refuse("Write the name of the host in ASCII, as it is in the domain name system: xn--….")
	case !ascii(u.RawQuery):
		return refuse("The query of a URL has a space or a letter that must be written as %20 or the like.")
	case !portOK(u.Port()):
		return refuse("The port of a URL is 443, or one from 1024.")
	}
	return c.checkHost(host)
}

// checkHost refuses addresses that may not be reached, and what some would take for one:
// 2130706433, 0x7f.1 and 127.1 are 127.0.0.1 to them.
func (c *Client) checkHost(host string) error {
	inside := fault.New(fault.Invalid, "The URL leads to an address that is not on the public Internet.")
	if addr, err := netip.ParseAddr(host); err == nil {
		if c.allowed.Contain(addr) || guard().SafeAddr(addr.Unmap()) == nil {
			return nil
		}
		return inside
	}
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return fault.New(fault.Invalid, "The host is neither a name nor an address. Write an address as 192.0.2.1 or [2001:db8::1].")
	}
	if len(c.allowed) == 0 && (last == strings.ToLower(host) || slices.Contains([]string{"localhost", "internal", "local"}, last)) {
		return inside
	}
	return nil
}

func portOK(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && (port == 443 || port >= 1024)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > '~' || c <= ' ' })
}
