package betterauth_test

import (
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkSelect1 is what any query costs; the others are to be read as multiples.
func BenchmarkSelect1(b *testing.B) {
	s := start(b, nil)
	for b.Loop() {
		var one int
		if err := s.db.QueryRow(b.Context(), `SELECT 1`).Scan(&one); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdmit is what a closed function pays for knowing who calls.
func BenchmarkAdmit(b *testing.B) {
	off, on := start(b, nil), start(b, cached)
	for _, bench := range []struct {
		name   string
		server *server
		cookie string
		known  bool
	}{
		{"nobody", off, "a=b", false},
		{"database", off, off.session("token", time.Hour), true},
		{"cookie cache", on, on.session("token", time.Hour) + "; " + seals("token", time.Hour, day), true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r, w := request(b, bench.cookie), httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.server.auth.Admit(w, r); (err == nil) != bench.known {
					b.Fatal(err)
				}
			}
		})
	}
}
