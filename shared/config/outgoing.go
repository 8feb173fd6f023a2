package config

import (
	"errors"
	"net/netip"
	"strings"
)

// Outgoing is what calls to URLs that users give may reach.
type Outgoing struct {
	// Allowed are reached over plain HTTP as well.
	Allowed Networks `env:"OUTGOING_ALLOWED" use:"networks that calls to URLs of users may reach beside the public Internet, over plain HTTP as well: 127.0.0.0/8,::1/128 in development; none if not set"`
}

// Networks are prefixes of addresses: "10.0.0.0/8,fd00::/8".
type Networks []netip.Prefix

// UnmarshalText parses prefixes with commas between them. It refuses a prefix that has bits
// behind its length, such as "10.0.0.1/8".
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for entry := range strings.SplitSeq(string(text), ",") {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(entry))
		if err != nil || prefix != prefix.Masked() {
			*n = nil
			return errors.New("want networks such as 10.0.0.0/8,fd00::/8")
		}
		*n = append(*n, prefix)
	}
	return nil
}

// Contain reports whether addr is in one of the networks.
func (n Networks) Contain(addr netip.Addr) bool {
	for _, prefix := range n {
		if prefix.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}
