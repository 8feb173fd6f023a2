package apikey_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
)

// BenchmarkAdmit is what a function for machines pays for knowing who calls.
func BenchmarkAdmit(b *testing.B) {
	d := dbtest.New(b)
	s, err := apikey.Open(b.Context(), config.AuthNames{}, d)
	if err != nil {
		b.Fatal(err)
	}
	_, secret, err := s.Create(b.Context(), authtest.User(b, d).ID, "bench", 0)
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Admit(r); err != nil {
			b.Fatal(err)
		}
	}
}
