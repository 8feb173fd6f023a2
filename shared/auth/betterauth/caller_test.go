package betterauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// request is one of a browser, with these cookies.
func request(t testing.TB, cookies ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(t.Context())
	if len(cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	return r
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*config.Auth)
		cookies func(s *server) string
		asks    int64 // queries
		sets    int   // cookies
		ok      bool
	}{
		"nobody":            {nil, func(*server) string { return "" }, 0, 0, false},
		"somebody else's":   {cached, func(*server) string { return "a=b; c=" + strings.Repeat("d", 1000) }, 0, 0, false},
		"forged":            {nil, func(*server) string { return tokenCookie + "=a.b" }, 0, 0, false},
		"ended":             {nil, func(*server) string { return tokenCookie + "=" + sign(secret, "gone") }, 1, 3, false},
		"from the database": {nil, func(s *server) string { return s.session("t", time.Hour) }, 1, 0, true},
		"renewed":           {nil, func(s *server) string { return s.session("t", 2*day) }, 2, 1, true},
		"to be cached":      {cached, func(s *server) string { return s.session("t", time.Hour) }, 1, 1, true},
		"from the cookie":   {cached, func(s *server) string { return s.session("t", time.Hour) + "; " + seals("t", time.Minute, day) }, 0, 0, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, test.change)
			r, w := request(t, test.cookies(s)), httptest.NewRecorder()
			before := s.queries.n.Load()
			ctx, err := s.auth.Admit(w, r)
			if asked := s.queries.n.Load() - before; asked != test.asks {
				t.Errorf("%d queries, want %d", asked, test.asks)
			}
			if sets := len(w.Header()["Set-Cookie"]); sets != test.sets {
				t.Errorf("%d cookies, want %d: %q", sets, test.sets, w.Header()["Set-Cookie"])
			}
			if !test.ok {
				if !fault.Is(err, fault.Unauthorized) {
					t.Errorf("Admit = %v", err)
				}
				return
			}
			if err != nil || auth.UserFrom(ctx).ID != "ada" || auth.SessionFrom(ctx).Token != "t" {
				t.Errorf("Admit = %v: %+v in %+v", err, auth.UserFrom(ctx), auth.SessionFrom(ctx))
			}
		})
	}
}

func TestAdmitWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("t", 0)
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.auth.Admit(httptest.NewRecorder(), request(t, cookie)); err == nil || fault.Is(err, fault.Unauthorized) {
		t.Errorf("Admit = %v: a database that is away signs nobody out", err)
	}
	var reported error
	r := request(t, cookie)
	r = r.WithContext(fn.WithReport(r.Context(), func(err error) { reported = err }))
	if _, ok := s.auth.User(httptest.NewRecorder(), r); ok || reported == nil {
		t.Errorf("User = %v, reported: %v", ok, reported)
	}
}

func TestUser(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if u, ok := s.auth.User(httptest.NewRecorder(), request(t, s.session("t", 0))); !ok || u.ID != "ada" {
		t.Errorf("User = %+v, %v", u, ok)
	}
	if u, ok := s.auth.User(httptest.NewRecorder(), request(t)); ok || u != (auth.User{}) {
		t.Errorf("User = %+v, %v", u, ok)
	}
}

func TestNobodyCostsNothing(t *testing.T) { //nolint:paralleltest // allocations are counted for the whole process
	s := start(t, cached)
	r, w := request(t, "a=b; other="+strings.Repeat("x", 3000)), httptest.NewRecorder()
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := s.auth.Admit(w, r); err == nil {
			t.Error("Admit lets nobody in")
		}
	})
	if allocations > 4 {
		t.Errorf("%v allocations", allocations)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { c.Trusted = config.Origins{"https://other.example"} })
	for next, want := range map[string]string{
		"/files?a=b#c": "/files?a=b#c", "/": "/", "": "/", "files": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example": "/", "https://other.example/": "/", shop + "/x": "/", "/%2Fevil.example": "/", "/\tx": "/", "javascript:alert(1)": "/",
	} {
		if got := s.auth.Next(next); got != want {
			t.Errorf("Next(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if got := s.auth.Providers(); len(got) != 0 || s.auth.SendsMail() {
		t.Errorf("Providers = %q, SendsMail = %v", got, s.auth.SendsMail())
	}
}
