package password

import (
	"hash/maphash"
	"math/bits"
	"net/netip"
	"time"

	"switchyard/internal/clientip"
	"switchyard/internal/recent"
)

// Client is who wants a password hashed.
type Client struct {
	// IP is its address as [clientip.Stored] returns it; "" if it is not known.
	IP string
	// Account is the mail address that it wants to prove is its own; "" if there is none.
	Account string
}

const (
	// site4 is how many bits of IPv4 addresses those have in common who may well be one: whoever
	// guesses passwords often has many of them.
	site4 = 24
	// remembered bounds each of the four things that a history knows: about 2 MB in all.
	remembered = 4096
	// forgetting is the time in which half of the failures are forgotten.
	forgetting = time.Minute
)

// identity is a client by hashes that nobody can foresee: of the networks in which it is, of
// the account, and of the narrow network and the account together.
type identity struct{ broad, narrow, account, both uint64 }

// history is what there is to know of clients before their passwords are hashed. It is not
// safe for concurrent use.
type history struct {
	seed                    maphash.Seed
	broad, narrow, accounts *recent.Map[uint64, *record]
	proven                  *recent.Map[uint64, struct{}] // networks from which an account's password was right
	turns                   int64
}

// record is what is known of a network, or of an account.
type record struct {
	failures int // half of which is forgotten each time that forgetting has passed
	since    time.Time
	turn     int64 // the last of a network's
}

func newHistory() *history {
	kept := func() *recent.Map[uint64, *record] { return recent.New[uint64, *record](remembered) }
	return &history{
		seed: maphash.MakeSeed(), broad: kept(), narrow: kept(), accounts: kept(),
		proven: recent.New[uint64, struct{}](remembered),
	}
}

func (h *history) identify(c Client) identity {
	narrow, broad := networks(c.IP)
	return identity{
		broad:   maphash.Comparable(h.seed, broad),
		narrow:  maphash.Comparable(h.seed, narrow),
		account: maphash.String(h.seed, c.Account),
		both:    maphash.Comparable(h.seed, [2]string{narrow.String(), c.Account}),
	}
}

// networks returns in which networks an address is: the narrow one is what one client has, the
// broad one what may well be one client's. All that are not known are in one.
func networks(ip string) (narrow netip.Addr, broad netip.Prefix) {
	a, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return netip.Addr{}, netip.Prefix{}
	case a.Is4():
		return a, netip.PrefixFrom(a, site4).Masked()
	}
	return clientip.Network(a), netip.PrefixFrom(a, clientip.SiteBits).Masked()
}

// suspicion says how likely it is that a client's password is wrong: those with less of it
// go first. Twice as many failures are one more. Where the account's own password has been
// right before, only what failed right there counts.
func (h *history) suspicion(id identity, now time.Time) int {
	here := level(h.narrow, id.narrow, now)
	if _, ok := h.proven.Get(id.both); ok {
		return here
	}
	return here + level(h.broad, id.broad, now) + level(h.accounts, id.account, now)
}

func level(records *recent.Map[uint64, *record], key uint64, now time.Time) int {
	r, ok := records.Get(key)
	if !ok {
		return 0
	}
	r.forget(now)
	return bits.Len(uint(r.failures)) //nolint:gosec // it is not negative
}

// learn notes what came of a hash: whether it proved that the client owns the account.
func (h *history) learn(c Client, proof bool, now time.Time) {
	id := h.identify(c)
	if proof {
		h.proven.Put(id.both, struct{}{})
		return
	}
	of(h.broad, id.broad).fail(now)
	of(h.narrow, id.narrow).fail(now)
	if c.Account != "" {
		of(h.accounts, id.account).fail(now)
	}
}

// take notes that it is a client's turn.
func (h *history) take(id identity) {
	h.turns++
	of(h.broad, id.broad).turn = h.turns
	of(h.narrow, id.narrow).turn = h.turns
}

// last returns when it was last the turn of somebody in the networks of a client.
func (h *history) last(id identity) (broad, narrow int64) {
	return turn(h.broad, id.broad), turn(h.narrow, id.narrow)
}

func turn(records *recent.Map[uint64, *record], key uint64) int64 {
	if r, ok := records.Get(key); ok {
		return r.turn
	}
	return 0
}

// of returns the record of key, which may be a new one.
func of(records *recent.Map[uint64, *record], key uint64) *record {
	r, ok := records.Get(key)
	if !ok {
		r = &record{}
		records.Put(key, r)
	}
	return r
}

func (r *record) fail(now time.Time) {
	if r.forget(now); r.failures == 0 {
		r.since = now
	}
	r.failures++
}

func (r *record) forget(now time.Time) {
	if n := now.Sub(r.since) / forgetting; n > 0 {
		r.failures >>= min(n, bits.UintSize-1)
		r.since = r.since.Add(n * forgetting)
	}
}
