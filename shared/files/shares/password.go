package shares

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"switchyard/internal/clientip"
	"switchyard/shared/callrate"
	"switchyard/shared/fault"
)

// How often a wrong password of one link may be tried, at whichever replica: many times at once,
// since many people may have the link, and then 4,320 times a day, against passwords of MinPassword
// characters and more. One network has a tenth of the first, and a fifteenth of the second.
//
// Whoever has ten networks can use it all up, and with fifteen keep it so: then nobody else can
// enter the password, and those alone go on who have entered it, for as long as their tickets last.
// Without the bound they could guess as often as they have networks.
const (
	triesAtOnce     = 100
	tryInterval     = 20 * time.Second
	networkAtOnce   = 10
	networkInterval = 5 * time.Minute
)

// Opens returns nil if password is that of the link, or the link has none. from is the address of
// the visitor; the zero Addr if it is not known, and all such visitors count as one network.
//
// It fails with fault.Unauthorized if the password is wrong, and with fault.TooMany if too many
// wrong ones were tried, from this network or from all together. Only a few passwords are
// compared at a time: it fails with fault.Unavailable if its turn does not come before ctx ends.
func (s *Store) Opens(ctx context.Context, v Visit, from netip.Addr, password string) error {
	if !v.Protected {
		return nil
	}
	wrong := fault.New(fault.Unauthorized, "This is not the password of this link.")
	if len(password) > MaxPassword {
		return wrong
	}
	tries := v.tries(from)
	for i, t := range tries {
		if err := t.take(ctx, s.rates); err != nil {
			return errors.Join(err, s.giveBack(ctx, tries[:i]))
		}
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := bcrypt.CompareHashAndPassword([]byte(v.password), []byte(password)); err != nil {
		return wrong.Because(err)
	}
	return s.giveBack(ctx, tries)
}

// giveBack takes back tries that were none.
func (s *Store) giveBack(ctx context.Context, tries []try) error {
	for _, t := range tries {
		if err := s.rates.GiveBack(ctx, function, t.of, t.interval); err != nil {
			return fmt.Errorf("shares: count a password: %w", err)
		}
	}
	return nil
}

// function is what tries are counted by.
const function = "shares/password"

// try is one that a password takes.
type try struct {
	of       string // whose
	atOnce   int
	interval time.Duration
	refusal  string // why there is none left
}

// tries returns what a password takes that is tried from an address. What its network has too many
// is not taken from the others, so that it comes first.
func (v Visit) tries(from netip.Addr) []try {
	return []try{
		{
			of: v.ID.String() + " " + network(from), atOnce: networkAtOnce, interval: networkInterval,
			refusal: "The password of this link has been tried too often from where you are. Try again in a few minutes.",
		},
		{
			of: v.ID.String(), atOnce: triesAtOnce, interval: tryInterval,
			refusal: "The password of this link has been tried too often. Try again in a minute.",
		},
	}
}

// take counts the try, or fails with fault.TooMany.
func (t try) take(ctx context.Context, rates *callrate.Rates) error {
	window := time.Duration(t.atOnce) * t.interval
	used, ok, err := rates.Take(ctx, function, t.of, t.interval, window)
	if err != nil {
		return fmt.Errorf("shares: count a password: %w", err)
	}
	if !ok {
		return fault.RetryAfter(used+t.interval-window, fault.New(fault.TooMany, "%s", t.refusal))
	}
	return nil
}

// network names what may well be all one client's: an address of IPv4, or a site of IPv6.
func network(a netip.Addr) string {
	a = a.Unmap()
	if !a.Is6() {
		return a.String()
	}
	return netip.PrefixFrom(a.WithZone(""), clientip.SiteBits).Masked().String()
}

// enter waits for a place among those who hash.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.hashes <- struct{}{}:
		return func() { <-s.hashes }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "Too many passwords are being checked at the moment. Try again in a minute.").Because(ctx.Err())
	}
}

// hash returns what is kept of a password; nil if there is none.
func (s *Store) hash(ctx context.Context, password string) (*string, error) {
	if password == "" {
		return nil, nil
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	hashed, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	text := string(hashed)
	return &text, err
}

// ticketLife is how long whoever has said the password need not say it again: films are long, and
// players ask again and again.
const ticketLife = 12 * time.Hour

// Ticket returns a text that stands for the password of the link, for twelve hours: a visitor who
// has entered the password need not enter it again. It is signed with the hash of the password,
// which nobody else knows, and so is of no use once the link is gone.
func (v Visit) Ticket() string {
	if !v.Protected {
		return ""
	}
	until := strconv.FormatInt(time.Now().Add(ticketLife).Unix(), 10)
	return until + "." + v.sign(until)
}

// Admits reports whether the link has no password, or ticket is one of its own that is not too old.
func (v Visit) Admits(ticket string) bool {
	if !v.Protected {
		return true
	}
	until, signature, _ := strings.Cut(ticket, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && time.Now().Unix() < seconds && hmac.Equal([]byte(signature), []byte(v.sign(until)))
}

func (v Visit) sign(until string) string {
	mac := hmac.New(sha256.New, []byte(v.password))
	mac.Write([]byte("ticket " + v.ID.String() + " " + until))
	return hex.EncodeToString(mac.Sum(nil))
}
