package caller_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/shared/fn"
)

// FuzzAdmit admits nobody on a token that no router made.
func FuzzAdmit(f *testing.F) {
	f.Add("", "GET", "/api/a")
	f.Add("eyJhbGciOiJub25lIn0.e30.", "GET", "/api/a")
	f.Add("eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "POST", "/api/a?%zz")
	f.Add(strings.Repeat(".", 100), "GET", "//")
	f.Fuzz(func(t *testing.T, token, method, target string) {
		r := arrived(t, request(t, "GET", "/"), "/", token)
		r.Method = method
		if u, err := r.URL.Parse(target); err == nil {
			r.URL = u
		}
		if _, err := open(t, key).Admit(httptest.NewRecorder(), r, "api/a", fn.SignedIn); err == nil {
			t.Errorf("admitted by %q", token)
		}
	})
}
