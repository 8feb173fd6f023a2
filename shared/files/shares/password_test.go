package shares_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
)

// home is where visitors are.
var home = netip.MustParseAddr("203.0.113.7") //nolint:gochecknoglobals // a constant

func TestPassword(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a", []byte("x"), files.Result{})
	_, token := newShare(t, d, f, shares.New{Password: "correct horse"})
	_, other := newShare(t, d, f, shares.New{Password: "correct horse"})
	v, err := d.Shares.Visit(t.Context(), token)
	if err != nil || !v.Protected {
		t.Fatalf("visit %+v, %v", v, err)
	}
	w, err := d.Shares.Visit(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "Correct horse", "correct horse ", strings.Repeat("x", 100)} {
		if err := d.Shares.Opens(t.Context(), v, home, wrong); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%q: %v, want Unauthorized", wrong, err)
		}
	}
	if err := d.Shares.Opens(t.Context(), v, home, "correct horse"); err != nil {
		t.Error(err)
	}
	ticket := v.Ticket()
	if !v.Admits(ticket) {
		t.Error("the ticket does not admit")
	}
	for _, wrong := range []string{"", ".", ticket + "0", "9" + ticket, w.Ticket(), strings.Replace(ticket, ".", "0.", 1)} {
		if v.Admits(wrong) {
			t.Errorf("%q admits", wrong)
		}
	}
}

// protected returns what two links to a file lead to, which ask for the same password.
func protected(t *testing.T, d *filestest.Desk) (one, other shares.Visit) {
	t.Helper()
	f := d.Ready(t, "a", []byte("x"), files.Result{})
	for _, v := range []*shares.Visit{&one, &other} {
		_, token := newShare(t, d, f, shares.New{Password: "correct horse"})
		var err error
		if *v, err = d.Shares.Visit(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	return one, other
}

// guess tries a password so often, from each of the addresses in turn, and returns how often it
// was wrong before it was refused.
func guess(t *testing.T, d *filestest.Desk, v shares.Visit, times int, from ...string) (wrong int) {
	t.Helper()
	for i := range times {
		err := d.Shares.Opens(t.Context(), v, netip.MustParseAddr(from[i%len(from)]), "wrong horse")
		if fault.Is(err, fault.TooMany) {
			var again *fault.RetryAfterError
			if !errors.As(err, &again) || again.After <= 0 {
				t.Errorf("it is not said when to try again: %v", err)
			}
			return wrong
		}
		if !fault.Is(err, fault.Unauthorized) {
			t.Fatal(err)
		}
		wrong++
	}
	return wrong
}

// Whoever guesses from one network is refused soon, and keeps out nobody in another one.
func TestGuessesOfANetwork(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ from, neighbour string }{
		"IPv4":         {"203.0.113.7", "203.0.113.7"},
		"IPv4 in IPv6": {"203.0.113.7", "::ffff:203.0.113.7"},
		"IPv6":         {"2001:db8:1:2::3", "2001:db8:1:ffff::1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := filestest.New(t)
			v, other := protected(t, d)
			if n := guess(t, d, v, 50, tt.from, tt.neighbour); n != 10 {
				t.Errorf("%d guesses, want 10", n)
			}
			for name, one := range map[string]struct {
				visit shares.Visit
				from  string
				want  fault.Kind
			}{
				"there":              {v, tt.neighbour, fault.TooMany},
				"in another network": {v, "198.51.100.4", fault.Internal},
				"by another link":    {other, tt.from, fault.Internal},
			} {
				err := d.Shares.Opens(t.Context(), one.visit, netip.MustParseAddr(one.from), "correct horse")
				if one.want == fault.Internal && err != nil || one.want != fault.Internal && !fault.Is(err, one.want) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if !v.Admits(v.Ticket()) {
				t.Error("a ticket does not admit any more")
			}
		})
	}
}

// However many networks guess, a password can be tried so often.
func TestGuessesOfAll(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	v, other := protected(t, d)
	if n := guess(t, d, v, 1, home.String()); n != 1 {
		t.Fatal("the first guess is refused")
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE call_rate SET until = until + interval '1 hour'`); err != nil { // as if there had been many
		t.Fatal(err)
	}
	elsewhere := netip.MustParseAddr("198.51.100.4")
	for range 12 { // which are not that network's
		if err := d.Shares.Opens(t.Context(), v, elsewhere, "correct horse"); !fault.Is(err, fault.TooMany) {
			t.Errorf("%v, want TooMany", err)
		}
	}
	if err := d.Shares.Opens(t.Context(), other, home, "correct horse"); err != nil {
		t.Errorf("another link: %v", err)
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE call_rate SET until = now() WHERE until > now() + interval '55 minutes'`); err != nil {
		t.Fatal(err)
	}
	if err := d.Shares.Opens(t.Context(), v, elsewhere, "correct horse"); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// Many who know the password may be in one network.
func TestRightOnesAreNotCounted(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	v, _ := protected(t, d)
	for range 15 {
		if err := d.Shares.Opens(t.Context(), v, home, "correct horse"); err != nil {
			t.Fatal(err)
		}
	}
	if n := guess(t, d, v, 50, home.String()); n != 10 {
		t.Errorf("%d guesses after that, want 10", n)
	}
}
