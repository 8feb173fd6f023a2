//go:build !race

package betterauth_test

import (
	"net/http/httptest"
	"testing"
	"time"
)

// How many allocations it may take to know who calls.
const (
	maxAdmitAsked  = 14 // one round trip, whose row has 14 columns; one is what bounds its time
	maxAdmitCached = 5  // no round trip, and the cookie was read before
)

func TestMemoryOfAdmit(t *testing.T) { //nolint:paralleltest // allocations are counted for the whole process
	off, on := start(t, nil), start(t, cached)
	for _, tt := range []struct {
		name   string
		server *server
		cookie string
		most   float64
	}{
		{"database", off, off.session("token", time.Hour), maxAdmitAsked},
		{"cookie cache", on, on.session("token", time.Hour) + "; " + seals("token", time.Hour, day), maxAdmitCached},
	} {
		r, w := request(t, tt.cookie), httptest.NewRecorder()
		asked := tt.server.db.Stat().AcquireCount()
		if n := testing.AllocsPerRun(100, func() {
			if _, err := tt.server.auth.Admit(w, r); err != nil {
				t.Fatal(err)
			}
		}); n > tt.most {
			t.Errorf("%s: %v allocations, want %v at most", tt.name, n, tt.most)
		}
		if asked = tt.server.db.Stat().AcquireCount() - asked; tt.server == on && asked > 0 || tt.server == off && asked != 101 {
			t.Errorf("%s: the database was asked %d times for 101 requests", tt.name, asked)
		}
	}
}
