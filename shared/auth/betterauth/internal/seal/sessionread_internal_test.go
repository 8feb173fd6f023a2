package seal

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/auth"
)

// What is read without encoding/json is what that would have read, whatever byte is another.
func TestReadCached(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 10, 53, 25, 324e6, time.UTC)
	for _, optional := range []*string{nil, new("é")} {
		c := Cached{
			Session: auth.Session{ID: "s", Token: "t", UserID: "u", ExpiresAt: at, CreatedAt: at, UpdatedAt: at, IPAddress: optional, UserAgent: optional},
			User:    auth.User{ID: "u", Name: "Ada", Email: "a@b.example", EmailVerified: optional == nil, Image: optional, CreatedAt: at, UpdatedAt: at},
		}
		inner := cachedObject(c)
		if s, u, _, ok := readCached(inner); !ok || cmp.Diff(c.Session, s) != "" || cmp.Diff(c.User, u) != "" {
			t.Fatalf("%s is not read", inner)
		}
		for i := range len(inner) {
			for _, b := range []byte("\x00\n \"\\,:{}[]019.-+eTZtnax\x80\xff") {
				sameAsJSON(t, inner[:i]+string([]byte{b})+inner[i+1:])
				sameAsJSON(t, inner[:i]+string([]byte{b})+inner[i:])
			}
			sameAsJSON(t, inner[:i]+inner[i+1:])
		}
	}
}

func sameAsJSON(t *testing.T, inner string) {
	t.Helper()
	s, u, updatedAt, ok := readCached(inner)
	if !ok {
		return
	}
	session, user, at, ok := decodeCached(inner)
	if !ok || cmp.Diff(session, s) != "" || cmp.Diff(user, u) != "" || at != updatedAt {
		t.Errorf("%q is read as %+v, %+v, %d; encoding/json has %+v, %+v, %d, %v", inner, s, u, updatedAt, session, user, at, ok)
	}
}

func BenchmarkReadCached(b *testing.B) {
	inner := cachedObject(Cached{Session: auth.Session{ID: "s", Token: "t", UserAgent: new("Mozilla/5.0")}, User: auth.User{Name: "Ada"}})
	b.Run("json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decodeCached(inner)
		}
	})
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readCached(inner)
		}
	})
}
