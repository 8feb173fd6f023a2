// Package clientip says from which address a request comes, and which proxies are believed
// about it.
package clientip

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ForwardedFor is the header in which each proxy notes the address that it was called from,
// behind what the proxies before it have noted.
const ForwardedFor = "X-Forwarded-For"

// Lengths of the prefixes of IPv6 that providers give to customers, in bits (RFC 6177).
const (
	NetworkBits = 64 // one network, the least that a customer gets; clients are told apart by it
	SiteBits    = 48 // many networks, which one customer may well have
)

// Trust says which proxies are believed about who the client is. Anybody can write headers, so
// that a proxy is believed for its place in the chain (Hops) or for its address (Networks). The
// zero Trust believes nobody: the client is the other end of the connection.
type Trust struct {
	// Hops counts the proxies before the router. They are believed, whatever their
	// addresses; 0 if Networks says which are.
	Hops int
	// Networks hold the addresses of the proxies that are believed, if Hops is 0.
	Networks []netip.Prefix
	// Header names the header in which the proxies write the client's address. Defaults to
	// ForwardedFor, which is a list. Any other header holds one address, and counts only if
	// it is there once.
	Header string
}

type addressKey struct{}

// With returns a context in which the client has the address a, whatever the request says; the
// zero Addr means that its address is not known. It is for hosts that are told the address by
// somebody they trust.
func With(ctx context.Context, a netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, a)
}

// Connected returns a context for all requests of a connection, so that the address of its
// other end is parsed only once. It is for the ConnContext of an http.Server.
func Connected(ctx context.Context, c net.Conn) context.Context {
	at, known := parsePeer(c.RemoteAddr().String())
	return &connected{ctx, peer{at, known}}
}

type connected struct {
	context.Context //nolint:containedctx // it is one

	peer peer
}

// peer is the address of a connection's other end, and whether it is known.
type peer struct {
	at    netip.Addr
	known bool
}

type peerKey struct{}

// Value implements [context.Context]. Nobody has told the server where a client is.
func (c *connected) Value(key any) any {
	switch key.(type) {
	case peerKey:
		return &c.peer
	case addressKey:
		return nil
	}
	return c.Context.Value(key)
}

// Of returns the address of the client that sent r: the one that r's context has from
// [With], or else, going back from the connection, the first that is not a proxy's
// which t believes. It is false if that address is not known, because the proxy wrote
// something else in its place.
//
// The address has no zone, and is never one of IPv4 in IPv6.
func (t Trust) Of(r *http.Request) (netip.Addr, bool) {
	if told, ok := r.Context().Value(addressKey{}).(netip.Addr); ok {
		return told, told.IsValid()
	}
	peer, known := peerOf(r)
	if !t.believes(peer) {
		return peer, known
	}
	if t.Header != "" && !strings.EqualFold(t.Header, ForwardedFor) {
		values := r.Header.Values(t.Header)
		if len(values) != 1 {
			return netip.Addr{}, false
		}
		return parse(values[0])
	}
	return t.walk(peer, known, r.Header[ForwardedFor])
}

// walk goes back through the list that the proxies have written, from the nearest.
func (t Trust) walk(at netip.Addr, known bool, lines []string) (netip.Addr, bool) {
	hops := 1
	for _, line := range slices.Backward(lines) {
		for rest := line; rest != ""; {
			comma := strings.LastIndexByte(rest, ',')
			entry := strings.Trim(rest[comma+1:], " \t")
			rest = rest[:max(comma, 0)]
			if entry == "" {
				continue
			}
			if at, known = parse(entry); !known {
				return netip.Addr{}, false
			}
			if hops++; t.Hops > 0 && hops > t.Hops || t.Hops == 0 && !t.believes(at) {
				return at, true
			}
		}
	}
	return at, known // all of them are proxies: the farthest
}

// Secure reports whether the client of r spoke TLS, to the router or to a proxy that
// is believed and says so last.
func (t Trust) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	said := r.Header["X-Forwarded-Proto"]
	if len(said) == 0 {
		return false
	}
	last := said[len(said)-1]
	last = strings.Trim(last[strings.LastIndexByte(last, ',')+1:], " \t")
	peer, _ := peerOf(r)
	return strings.EqualFold(last, "https") && t.believes(peer)
}

// Believes reports whether r comes from a proxy that is believed, so that what it says
// of the client counts.
func (t Trust) Believes(r *http.Request) bool {
	peer, _ := peerOf(r)
	return t.believes(peer)
}

// believes reports whether the router's neighbour at a, or one farther off if Networks
// decide, is a proxy that is believed.
func (t Trust) believes(a netip.Addr) bool {
	return t.Hops > 0 || slices.ContainsFunc(t.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// peerOf returns the address of the connection's other end.
func peerOf(r *http.Request) (netip.Addr, bool) {
	if p, ok := r.Context().Value(peerKey{}).(*peer); ok {
		return p.at, p.known
	}
	return parsePeer(r.RemoteAddr)
}

func parsePeer(text string) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(text)
	return peer.Addr().Unmap().WithZone(""), err == nil
}

// parse reads an address as proxies write it: some add the port, in which case an IPv6
// address stands in brackets. A zone means something to one machine only.
func parse(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		var with netip.AddrPort
		if with, err = netip.ParseAddrPort(text); err != nil {
			with, err = netip.ParseAddrPort(text + ":0") // "[2001:db8::1]"
		}
		a = with.Addr()
	}
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// Stored returns a as Better Auth stores and counts it (@better-auth/core,
// utils/ip): IPv4 as usual, IPv6 in full and cut to the first 64 bits, such as
// "2001:0db8:0000:0000:0000:0000:0000:0000". Of the zero Addr it is "".
func Stored(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return Network(a).StringExpanded()
}

// Network returns the address by which clients are told apart: an address of IPv4 as it is, one
// of IPv6 cut to its first [NetworkBits] bits. Of the zero Addr it is the zero Addr.
func Network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	return netip.PrefixFrom(a, NetworkBits).Masked().Addr()
}
