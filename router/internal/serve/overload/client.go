package overload

import (
	"hash/maphash"
	"net/netip"

	"switchyard/internal/clientip"
)

// Client is whose calls are counted together: those of an address, of IPv6 those of a network
// (net, [clientip.NetworkBits]) and of the site around it ([clientip.SiteBits]). The zero
// Client is nobody's, and has no share that could be used up.
//
// Clients are counted in tables of a fixed size, under a hash that nobody outside can foresee.
// Two that share a place by chance share what is theirs.
type Client struct {
	net, site uint16
	known     bool
}

const (
	places      = 1 << 12 // in the tables of the process; the first one is the zero Client's
	smallPlaces = 1 << 9  // in that of a gate
)

type (
	counts      [places]int32
	smallCounts [smallPlaces]int32
)

// of returns how many are c's; none if s is nil.
func (s *smallCounts) of(c Client) int32 {
	if s == nil {
		return 0
	}
	return s[c.site%smallPlaces]
}

func (s *smallCounts) add(c Client, n int) { s[c.site%smallPlaces] += int32(n) } //nolint:gosec // few

type seed struct{ maphash.Seed }

func newSeed() seed { return seed{maphash.MakeSeed()} }

// Client returns whose calls are those from a; nobody's if it is the zero Addr.
func (l *Limiter) Client(a netip.Addr) Client {
	const net, site = clientip.NetworkBits / 8, clientip.SiteBits / 8 // bytes
	if !a.IsValid() {
		return Client{}
	}
	b := a.As16()
	if a.Is4() || a.Is4In6() {
		at := l.place(b[:])
		return Client{at, at, true}
	}
	return Client{l.place(b[:net]), l.place(b[:site]), true}
}

func (l *Limiter) place(b []byte) uint16 {
	return uint16(1 + maphash.Bytes(l.seed.Seed, b)%(places-1)) //nolint:gosec // less than 1 << 12
}
