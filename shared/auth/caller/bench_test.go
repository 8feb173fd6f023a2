package caller_test

import (
	"net/http/httptest"
	"testing"

	"switchyard/shared/auth"
	"switchyard/shared/auth/caller"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// BenchmarkToken makes a token and checks it: what a call costs here and there together.
func BenchmarkToken(b *testing.B) {
	c, err := caller.Open(b.Context(), config.Caller{Key: key})
	if err != nil {
		b.Fatal(err)
	}
	user, session := ada()
	r := httptest.NewRequestWithContext(auth.With(b.Context(), user, session), "GET", "/api/a?x=1", nil)
	r.Header.Set("X-Request-Id", "r1")
	b.ReportAllocs()
	for b.Loop() {
		token, err := c.Sign(r, call(fn.SignedIn))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set(caller.Header, token)
		if _, err := c.Admit(httptest.NewRecorder(), r, "api/a", fn.SignedIn); err != nil {
			b.Fatal(err)
		}
	}
}
