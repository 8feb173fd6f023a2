package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"switchyard/internal/clientip"
	"switchyard/internal/origin"
)

// Client configures how the client's address is found.
type Client struct {
	Proxies  Proxies `env:"TRUSTED_PROXIES" use:"whose word counts about who calls: how many proxies stand before the router, or their networks: 10.0.0.0/8,2001:db8::/32; none if not set, but 1 on Railway"`
	IPHeader string  `env:"CLIENT_IP_HEADER" use:"the header in which TRUSTED_PROXIES say who calls, if not X-Forwarded-For, such as CF-Connecting-IP; X-Real-IP on Railway"`
	Railway  string  `env:"RAILWAY_ENVIRONMENT_ID" use:"set by Railway; says that the router runs there"`
}

// Check implements [Checker].
func (c Client) Check(report func(name, problem string)) {
	switch {
	case strings.EqualFold(c.IPHeader, "none"):
		report("CLIENT_IP_HEADER", "is no header: without a proxy, leave it and TRUSTED_PROXIES out")
	case c.IPHeader != "" && !c.Proxies.said() && c.Railway == "":
		report("TRUSTED_PROXIES", "is not set, but CLIENT_IP_HEADER is: say who may set that header; 1 if it is the proxy before the router")
	}
}

// Trust returns which proxies are believed when they say who the client is: those of
// TRUSTED_PROXIES. If that is not set, it is Railway's edge on Railway, which sets
// X-Real-IP, and nobody elsewhere.
func (c Client) Trust() clientip.Trust {
	t := clientip.Trust{Hops: c.Proxies.Hops, Networks: c.Proxies.Networks, Header: c.IPHeader}
	if c.Railway != "" && !c.Proxies.said() {
		t.Hops = 1
		if t.Header == "" {
			t.Header = "X-Real-IP"
		}
	}
	return t
}

// Proxies are the proxies that are believed: the last Hops before the router, or those in
// Networks. The zero value means that nothing was set. Networks that are empty, but not nil,
// mean that no proxy is believed.
type Proxies struct {
	Hops     int
	Networks []netip.Prefix
}

func (p Proxies) said() bool { return p.Hops > 0 || p.Networks != nil }

// maxHops is more proxies than anybody has in a row.
const maxHops = 16

// UnmarshalText parses "none", "2", or "10.0.0.0/8,192.0.2.7".
func (p *Proxies) UnmarshalText(text []byte) error {
	*p = Proxies{Networks: []netip.Prefix{}}
	s := strings.TrimSpace(string(text))
	if strings.EqualFold(s, "none") {
		return nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 || n > maxHops {
			return fmt.Errorf("want a number up to %d", maxHops)
		}
		p.Hops = n
		return nil
	}
	for entry := range strings.SplitSeq(s, ",") {
		network, err := parseNetwork(strings.TrimSpace(entry))
		if err != nil {
			return errors.New("want how many proxies stand before the router, such as 1, or their networks, such as 10.0.0.0/8,2001:db8::/32")
		}
		p.Networks = append(p.Networks, network)
	}
	return nil
}

// parseNetwork parses a network, or one address.
func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	const mapped = 96 // bits before the IPv4 address in an IPv6 one
	if err == nil && network.Addr().Is4In6() && network.Bits() >= mapped {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mapped)
	}
	return network.Masked(), err
}

// TrustedOrigins are the other places that the service works with.
type TrustedOrigins struct {
	Trusted Origins `env:"BETTER_AUTH_TRUSTED_ORIGINS" use:"other origins that may call and be led to: https://app.example,https://*.example"`
}

// Origins are entries of other origins, with commas between them, as [origin.New] takes
// them: "https://app.example,https://*.example".
type Origins []string

// UnmarshalText parses text. Empty entries are left out. It refuses entries that would
// trust nothing, or everybody.
func (o *Origins) UnmarshalText(text []byte) error {
	*o = nil
	for i, entry := range strings.Split(string(text), ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		known, err := origin.Entry(entry)
		if err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
		*o = append(*o, known)
	}
	return nil
}

// Site is the public address of the service, for services that write links to it.
type Site struct {
	Origin URL `env:"BETTER_AUTH_URL" also:"RAILWAY_PUBLIC_DOMAIN" use:"the public URL of this service"`
}

// Public configures the address of the service for browsers, what they are told of https,
// and the other origins that may call.
type Public struct {
	Origin URL  `env:"BETTER_AUTH_URL" also:"RAILWAY_PUBLIC_DOMAIN" use:"the public URL of this service"`
	HSTS   HSTS `env:"HSTS" default:"max-age=31536000" use:"what browsers are told of https (Strict-Transport-Security) if BETTER_AUTH_URL is https: such as max-age=63072000; includeSubDomains, or off"`
	TrustedOrigins
}

// StrictTransport returns the header Strict-Transport-Security of all answers; "" for
// none.
func (p Public) StrictTransport() string {
	if !p.Origin.IsSet() || p.Origin.Scheme != "https" {
		return ""
	}
	return string(p.HSTS)
}

// HSTS is the value of the header Strict-Transport-Security (RFC 6797); "" for none.
type HSTS string

// UnmarshalText parses "off", or the value of the header, such as
// "max-age=31536000; includeSubDomains".
func (h *HSTS) UnmarshalText(text []byte) error {
	*h = ""
	s := strings.TrimSpace(string(text))
	if strings.EqualFold(s, "off") {
		return nil
	}
	age, rest, _ := strings.Cut(s, ";")
	seconds, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(age)), "max-age=")
	n, err := strconv.ParseUint(seconds, 10, 32)
	if !found || err != nil {
		return errors.New("want off, or max-age= and seconds, such as max-age=31536000; includeSubDomains")
	}
	value := []string{"max-age=" + strconv.FormatUint(n, 10)}
	for flag := range strings.SplitSeq(rest, ";") {
		switch flag = strings.TrimSpace(flag); strings.ToLower(flag) {
		case "":
		case "includesubdomains":
			value = append(value, "includeSubDomains")
		case "preload":
			if n < uint64((365 * 24 * time.Hour).Seconds()) {
				return errors.New("preload wants a max-age of 31536000 at least")
			}
			value = append(value, "preload")
		default:
			return errors.New("want nothing after max-age but includeSubDomains and preload")
		}
	}
	*h = HSTS(strings.Join(value, "; "))
	return nil
}
