// Package clientip says from which address a request comes.
package clientip

import (
	"context"
	"net/http"
	"net/netip"
)

// subnet is how much of an IPv6 address tells clients apart: what a provider gives
// to one customer at least.
const subnet = 64

type addressKey struct{}

// With returns a context in which the client is at a, whatever the request says that
// brought it here; the zero Addr is an address that is not known. It is for hosts that
// are told by somebody they trust.
func With(ctx context.Context, a netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, a)
}

// Of returns the address of the client that sent r: the one that r's context has from
// [With], or else what r itself says. header is the one that the
// proxy before the router sets; it counts only if it is there once and holds one
// address and nothing else, for a list may begin with what the client made up. With
// "" there is no proxy, and the address is that of the connection's other end. It
// is false if the address is not known.
//
// The address has no zone, and is never one of IPv4 in IPv6.
func Of(r *http.Request, header string) (netip.Addr, bool) {
	if told, ok := r.Context().Value(addressKey{}).(netip.Addr); ok {
		return told, told.IsValid()
	}
	if header == "" {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		return peer.Addr().Unmap().WithZone(""), err == nil
	}
	values := r.Header.Values(header)
	if len(values) != 1 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(values[0])
	if err != nil || a.Zone() != "" { // a zone means something to one machine only
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
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, subnet).Masked().Addr().StringExpanded()
}
