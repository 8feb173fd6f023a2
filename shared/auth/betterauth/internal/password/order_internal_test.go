package password

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOrder has clients come in one order, and has them hashed in another.
func TestOrder(t *testing.T) {
	t.Parallel()
	ada := func(ip string) Client { return Client{IP: ip, Account: "ada@example.com"} }
	bob := func(ip string) Client { return Client{IP: ip, Account: "bob@example.com"} }
	for name, tt := range map[string]struct {
		wrong, right []Client // what happened before
		come         []Client
		want         []int // indices of come
	}{
		"nothing is known": {
			come: []Client{ada("192.0.2.1"), ada("198.51.100.1"), bob("203.0.113.1")}, want: []int{0, 1, 2},
		},
		"networks in turn": {
			come: []Client{bob("192.0.2.1"), bob("192.0.2.2"), bob("192.0.2.1"), bob("2001:db8:1:1::"), bob("2001:db8:1:2::")},
			want: []int{0, 3, 1, 4, 2},
		},
		"a network with failures is last": {
			wrong: []Client{bob("192.0.2.1")},
			come:  []Client{ada("192.0.2.1"), ada("192.0.2.2"), ada("198.51.100.1")}, want: []int{2, 1, 0},
		},
		"more failures are worse": {
			wrong: []Client{bob("192.0.2.1"), bob("192.0.2.1"), bob("198.51.100.1")},
			come:  []Client{ada("192.0.2.1"), ada("198.51.100.1")}, want: []int{1, 0},
		},
		"an account with failures is behind others": {
			wrong: []Client{ada("192.0.2.1")},
			come:  []Client{ada("198.51.100.1"), bob("203.0.113.1")}, want: []int{1, 0},
		},
		"its owner is before who guesses": {
			wrong: []Client{ada("192.0.2.1")},
			come:  []Client{ada("192.0.2.1"), ada("198.51.100.1")}, want: []int{1, 0},
		},
		"and where it was right before, as others": {
			wrong: []Client{ada("192.0.2.1"), ada("198.51.100.1")}, right: []Client{ada("198.51.100.2")},
			come: []Client{ada("192.0.2.7"), ada("198.51.100.2"), bob("203.0.113.1")}, want: []int{1, 2, 0},
		},
		"a right password does not excuse a network": {
			wrong: []Client{ada("192.0.2.1")}, right: []Client{bob("192.0.2.1")},
			come: []Client{ada("192.0.2.1"), ada("198.51.100.1")}, want: []int{1, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(1, 10)
				for _, c := range tt.wrong {
					q.learn(c, false)
				}
				for _, c := range tt.right {
					q.learn(c, true)
				}
				first := visitAs(t, q, Client{IP: "10.0.0.1"})
				var all []*visitor
				for _, c := range tt.come {
					all = append(all, visitAs(t, q, c))
				}
				first.leave()
				var got []int
				for range all {
					for i, v := range all {
						if v.isInside() {
							got = append(got, i)
							v.leave()
							break
						}
					}
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestFullRoom has somebody come whom nothing speaks against when all places are taken.
func TestFullRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 3)
		first := visitAs(t, q, Client{IP: "10.0.0.1"})
		lone := visitAs(t, q, Client{IP: "203.0.113.1"})
		one, two := visitAs(t, q, Client{IP: "192.0.2.1"}), visitAs(t, q, Client{IP: "192.0.2.1"})
		good := visitAs(t, q, Client{IP: "198.51.100.1"})
		two.checkBusy(t, errFull)
		q.learn(Client{IP: "203.0.113.1"}, false)
		better := visitAs(t, q, Client{IP: "192.0.2.2"})
		lone.checkBusy(t, errFull)
		for _, v := range []*visitor{first, one, good, better} {
			v.leave()
		}
	})
}

func TestLongWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 3)
		first, early := visit(t, q), visit(t, q)
		time.Sleep(patience)
		late := visit(t, q)
		first.leave()
		if !late.isInside() {
			t.Error("who came late is not before who has waited for long")
		}
		time.Sleep(longest)
		early.checkBusy(t, errLong)
		late.leave()
	})
}

// TestForgetting has failures count for less as time goes by.
func TestForgetting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, c := newHistory(), Client{IP: "192.0.2.1"}
		for range 7 {
			h.learn(c, false, time.Now())
			time.Sleep(forgetting / 10)
		}
		for _, want := range []int{6, 4, 2, 0, 0} { // of two networks
			if got := h.suspicion(h.identify(c), time.Now()); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
			time.Sleep(forgetting)
		}
		if h.learn(c, false, time.Now()); h.suspicion(h.identify(c), time.Now()) != 2 {
			t.Error("a failure long after the others is not one failure")
		}
	})
}
