package betterauth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth"
	"switchyard/shared/config"
	"switchyard/shared/fault"
)

// page is a request that a browser sends to a page of ours, by a form.
func page(t testing.TB, cookies ...string) *http.Request {
	t.Helper()
	r := request(t, cookies...)
	r.Method, r.Host = http.MethodPost, "shop.example"
	r.Header.Set("Origin", shop)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("User-Agent", "browser")
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func eve() betterauth.Newcomer {
	return betterauth.Newcomer{Name: "Eve", Email: "eve@example.com", Password: "password123"}
}

// signUpByPage makes Eve's account and returns her cookie.
func (s *server) signUpByPage() string {
	s.t.Helper()
	w := httptest.NewRecorder()
	if in, err := s.auth.SignUp(w, page(s.t), eve()); err != nil || !in {
		s.t.Fatalf("SignUp = %v, %v", in, err)
	}
	cookies := w.Header()["Set-Cookie"]
	if len(cookies) != 1 || len(w.Header()) != 1 {
		s.t.Fatalf("the page's header is %v", w.Header())
	}
	sent, _, _ := strings.Cut(cookies[0], ";")
	return sent
}

// refused fails the test unless err is a fault of this kind whose cause is this error of
// Better Auth.
func refused(t *testing.T, err error, kind fault.Kind, status int, code string) {
	t.Helper()
	known, ok := errors.AsType[*betterauth.Error](err)
	if !ok || known.Status != status || known.Code != code {
		t.Errorf("it failed with %v, want %d %s", err, status, code)
		return
	}
	if f := fault.Of(err); f.Kind != kind || f.Message != known.Message {
		t.Errorf("the fault is %v %q, want %v %q", f.Kind, f.Message, kind, known.Message)
	}
}

// Who sends the page's request is who the session is of, and its cookies go to the page.
func TestPage(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	sent := s.signUpByPage()
	var agent, ip string
	if err := s.db.QueryRow(t.Context(), `SELECT "userAgent", "ipAddress" FROM session`).Scan(&agent, &ip); err != nil {
		t.Fatal(err)
	}
	if agent != "browser" || ip != "192.0.2.7" {
		t.Errorf("the session is of %q at %q", agent, ip)
	}
	w := httptest.NewRecorder()
	if all, err := s.auth.Sessions(w, page(t, sent)); err != nil || len(all) != 1 || *all[0].UserAgent != "browser" {
		t.Errorf("Sessions = %v, %v", all, err)
	}
	if all, err := s.auth.Accounts(w, page(t, sent)); err != nil || len(all) != 1 || all[0].Provider != "credential" {
		t.Errorf("Accounts = %v, %v", all, err)
	}
	w.Header().Add("Set-Cookie", tokenCookie+"=before")
	if err := s.auth.SignOut(w, page(t, sent)); err != nil {
		t.Error(err)
	}
	if got := w.Header()["Set-Cookie"]; len(got) != 3 || strings.Contains(strings.Join(got, ""), "before") {
		t.Errorf("the cookies are %q", got)
	}
}

// A page's request is refused like one to the route. The method and the query of the
// page's own address change nothing.
func TestPageIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.signUpByPage()
	sent := s.session("stale", 48*time.Hour)
	foreign, opened, crossSite := page(t, sent), page(t, sent), page(t)
	foreign.Header.Set("Origin", "https://evil.example")
	opened.Method, opened.URL.RawQuery = http.MethodGet, "callbackURL=/"
	opened.Header.Del("Origin")
	crossSite.Header.Set("Sec-Fetch-Site", "cross-site")
	crossSite.Header.Del("Origin")
	w := httptest.NewRecorder()
	login := betterauth.Login{Email: "eve@example.com", Password: "password123"}
	signIn := func(r *http.Request, change func(*betterauth.Login)) error {
		in := login
		change(&in)
		return s.auth.SignIn(w, r, in)
	}
	_, visit := s.auth.SignInWith(w, page(t), betterauth.Visit{Provider: "myspace"})
	_, leads := s.auth.SignInWith(w, page(t), betterauth.Visit{Provider: "github", Failed: "//evil.example"})
	_, stale := s.auth.Sessions(w, page(t, sent))
	_, deletion := s.auth.DeleteUser(w, page(t, sent), betterauth.Deletion{})
	_, taken := s.auth.SignUp(w, page(t), eve())
	for name, tt := range map[string]struct {
		err    error
		kind   fault.Kind
		status int
		code   string
	}{
		"another origin":      {s.auth.SignOut(w, foreign), fault.Forbidden, 403, "INVALID_ORIGIN"},
		"a page that is read": {s.auth.SignOut(w, opened), fault.Forbidden, 403, "MISSING_OR_NULL_ORIGIN"},
		"a login elsewhere":   {signIn(crossSite, func(*betterauth.Login) {}), fault.Forbidden, 403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"},
		"wrong password":      {signIn(page(t), func(in *betterauth.Login) { in.Password = "another" }), fault.Unauthorized, 401, "INVALID_EMAIL_OR_PASSWORD"},
		"a callback":          {signIn(page(t), func(in *betterauth.Login) { in.Callback = "https://evil.example" }), fault.Forbidden, 403, "INVALID_CALLBACK_URL"},
		"a zero":              {signIn(page(t), func(in *betterauth.Login) { in.Password = "a\x00" }), fault.Invalid, 400, "VALIDATION_ERROR"},
		"no UTF-8":            {signIn(page(t), func(in *betterauth.Login) { in.Password = "a\xff" }), fault.Invalid, 400, "BAD_REQUEST"},
		"a reset's page": {
			s.auth.RequestReset(w, page(t), betterauth.Letter{To: "eve@example.com", Callback: "//evil.example"}), fault.Forbidden, 403, "INVALID_REDIRECT_URL",
		},
		"no address":         {s.auth.RequestReset(w, page(t), betterauth.Letter{To: "eve"}), fault.Invalid, 400, "VALIDATION_ERROR"},
		"no token":           {s.auth.Reset(w, opened, "", "password123"), fault.Forbidden, 403, "MISSING_OR_NULL_ORIGIN"},
		"an unknown token":   {s.auth.Reset(w, page(t), "x", "password123"), fault.Invalid, 400, "INVALID_TOKEN"},
		"a provider":         {visit, fault.NotFound, 404, "PROVIDER_NOT_FOUND"},
		"where it may fail":  {leads, fault.Forbidden, 403, "INVALID_ERROR_CALLBACK_URL"},
		"nobody":             {s.auth.Rename(w, page(t), "Eve"), fault.Unauthorized, 401, "UNAUTHORIZED"},
		"a session too old":  {stale, fault.Forbidden, 403, "SESSION_NOT_FRESH"},
		"too old to delete":  {deletion, fault.Invalid, 400, "SESSION_EXPIRED"},
		"an address taken":   {taken, fault.Invalid, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
		"verification":       {s.auth.SendVerification(w, page(t), betterauth.Letter{To: "eve@example.com"}), fault.Invalid, 400, "VERIFICATION_EMAIL_NOT_ENABLED"},
		"no such account":    {s.auth.Unlink(w, page(t, s.session("fresh", 0)), "x"), fault.Invalid, 400, "ACCOUNT_NOT_FOUND"},
		"somebody's session": {s.auth.Revoke(w, foreign, "fresh"), fault.Forbidden, 403, "INVALID_ORIGIN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, tt.err, tt.kind, tt.status, tt.code)
		})
	}
}

// A page is limited together with the route that it uses.
func TestPageIsLimited(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { c.RateLimit = true })
	body := `{"email":"eve@example.com","password":"password123"}`
	for range 2 {
		s.send("POST", "/api/auth/sign-in/email", body, "X-Forwarded-For", "192.0.2.7")
	}
	login := betterauth.Login{Email: "eve@example.com", Password: "password123"}
	refused(t, s.auth.SignIn(httptest.NewRecorder(), page(t), login), fault.Unauthorized, 401, "INVALID_EMAIL_OR_PASSWORD")
	err := s.auth.SignIn(httptest.NewRecorder(), page(t), login)
	refused(t, err, fault.TooMany, 429, "")
	if after, ok := errors.AsType[*fault.RetryAfterError](err); !ok || after.After < time.Second || after.After > 10*time.Second {
		t.Errorf("it is to be tried again after: %v", err)
	}
	if a := s.send("POST", "/api/auth/sign-in/email", body, "X-Forwarded-For", "192.0.2.7"); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("X-Retry-After") == "" {
		t.Errorf("the route answers %d %v", a.StatusCode, a.Header)
	}
}

// A failure of ours is internal, and sets no cookies.
func TestPageFails(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	sent := s.signUpByPage()
	s.exec(`ALTER TABLE session RENAME TO gone`)
	w := httptest.NewRecorder()
	err := s.auth.SignOut(w, page(t, sent))
	if _, known := errors.AsType[*betterauth.Error](err); known || !fault.Is(err, fault.Internal) || len(w.Header()) != 0 {
		t.Errorf("SignOut = %v, the header is %v", err, w.Header())
	}
}
