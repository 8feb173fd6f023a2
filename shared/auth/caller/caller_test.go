package caller_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/internal/clientip"
	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/caller"
	"switchyard/shared/auth/internal/machine"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	key   = "the key of a router, 32 characters or more"
	other = "another key of a router, 32 characters too"
)

func open(t *testing.T, keys ...config.Secret) *caller.Caller {
	t.Helper()
	c := config.Caller{Key: keys[0]}
	if len(keys) > 1 {
		c.FallbackKey = keys[1]
	}
	made, err := caller.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func ada() (auth.User, auth.Session) {
	at := time.Date(2026, 5, 4, 3, 2, 1, int(7*time.Millisecond), time.UTC)
	image, agent := "https://ada.example/me.png", "Mozilla"
	return auth.User{ID: "u1", Name: "Ada \U0001F98A", Email: "ada@example.com", EmailVerified: true, Image: &image, CreatedAt: at, UpdatedAt: at},
		auth.Session{ID: "s1", Token: "hunter2", UserID: "u1", ExpiresAt: at.Add(time.Hour), CreatedAt: at, UpdatedAt: at, UserAgent: &agent}
}

// request returns what the router has admitted.
func request(t *testing.T, method, target string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "https://shop.example"+target, nil)
	user, session := ada()
	return r.WithContext(auth.With(r.Context(), user, session))
}

// arrived returns what comes of r where it is sent to.
func arrived(t *testing.T, r *http.Request, target string, tokens ...string) *http.Request {
	t.Helper()
	there := httptest.NewRequestWithContext(t.Context(), r.Method, "https://lambda.example"+target, nil)
	there.Header["X-Request-Id"] = []string{"r1"}
	there.Header[caller.Header] = tokens
	return there
}

func call(access fn.Access) caller.Call {
	return caller.Call{Function: "api/a", Access: access, RequestID: "r1", Address: netip.MustParseAddr("203.0.113.7")}
}

func sign(t *testing.T, c *caller.Caller, r *http.Request, access fn.Access) string {
	t.Helper()
	token, err := c.Sign(r, call(access))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(token, "hunter2") {
		t.Error("the token of the session is in it")
	}
	return token
}

func TestUser(t *testing.T) {
	t.Parallel()
	here, there := open(t, key), open(t, key)
	r := request(t, "POST", "/api/a/%C3%A9%2Fb?y=2&x=1&x=%20")
	token := sign(t, here, r, fn.SignedIn)
	// As a gateway may write it.
	got, err := there.Admit(httptest.NewRecorder(), arrived(t, r, "/api/a/é%2Fb?x=1&x=+&y=2", token), "api/a", fn.SignedIn)
	if err != nil {
		t.Fatal(err)
	}
	user, session := ada()
	session.Token = ""
	if diff := cmp.Diff(user, auth.UserFrom(got.Context())); diff != "" {
		t.Errorf("user (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(session, auth.SessionFrom(got.Context())); diff != "" {
		t.Errorf("session (-want +got)\n%s", diff)
	}
	if ip, ok := (clientip.Trust{}).Of(got); !ok || ip.String() != "203.0.113.7" {
		t.Errorf("address: %s", ip)
	}
	if got.Host != "shop.example" {
		t.Errorf("host: %s", got.Host)
	}
}

// sessions say that each has ended.
type sessions struct{}

func (sessions) Ended(_ context.Context, ids []string) ([]string, error) { return ids, nil }

// Where sessions are shared, whoever is called can ask for that of a caller for which the router can.
func TestSharedSessions(t *testing.T) {
	t.Parallel()
	plain := request(t, "GET", "/api/a")
	user, session := ada()
	watched := plain.WithContext(auth.WithSessions(t.Context(), user, session, sessions{}))
	shared, own := open(t, key), open(t, key)
	shared.Share(sessions{})
	for _, tt := range []struct {
		name string
		c    *caller.Caller
		r    *http.Request
		want auth.Sessions
	}{
		{"both", shared, watched, sessions{}},
		{"the router alone", own, watched, nil},
		{"sessions of another router's users", shared, plain, nil},
	} {
		got, err := tt.c.Admit(httptest.NewRecorder(), arrived(t, tt.r, "/api/a", sign(t, own, tt.r, fn.SignedIn)), "api/a", fn.SignedIn)
		if err != nil {
			t.Fatal(err)
		}
		if known := auth.SessionsFrom(got.Context()); known != tt.want || auth.SessionFrom(got.Context()).ID != session.ID {
			t.Errorf("%s: %v, want %v", tt.name, known, tt.want)
		}
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	c := open(t, key)
	r := request(t, "GET", "/api/a")
	want := apikey.Key{ID: uuid.New(), Name: "backup", Hint: "sw_Ab3d", CreatedAt: time.Now().UTC().Truncate(time.Microsecond)}
	r = r.WithContext(machine.With(r.Context(), want))
	got, err := c.Admit(httptest.NewRecorder(), arrived(t, r, "/api/a", sign(t, c, r, fn.Service)), "api/a", fn.Service)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := apikey.From(got.Context())
	if diff := cmp.Diff(want, key); !ok || diff != "" {
		t.Errorf("key (-want +got)\n%s", diff)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	c := open(t, key)
	r := request(t, "GET", "/api/a")
	got, err := c.Admit(httptest.NewRecorder(), arrived(t, r, "/api/a", sign(t, c, r, fn.Public)), "api/a", fn.Public)
	if err != nil {
		t.Fatal(err)
	}
	if user := auth.UserFrom(got.Context()); user.ID != "" {
		t.Errorf("a public function is told that %s calls", user.ID)
	}
}

func TestKeyIsReplaced(t *testing.T) {
	t.Parallel()
	r := request(t, "GET", "/api/a")
	token := sign(t, open(t, other, key), r, fn.SignedIn)
	for _, c := range []*caller.Caller{open(t, other), open(t, key, other), open(t, other, key)} {
		if _, err := c.Admit(httptest.NewRecorder(), arrived(t, r, "/api/a", token), "api/a", fn.SignedIn); err != nil {
			t.Error(err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := open(t, key)
	r := request(t, "GET", "/api/a?x=1")
	token := sign(t, c, r, fn.SignedIn)
	header, body, _ := strings.Cut(token, ".")
	for _, tt := range []struct {
		name     string
		c        *caller.Caller
		request  *http.Request
		function string
		access   fn.Access
	}{
		{"no token", c, arrived(t, r, "/api/a?x=1"), "api/a", fn.SignedIn},
		{"two tokens", c, arrived(t, r, "/api/a?x=1", token, token), "api/a", fn.SignedIn},
		{"no token at all", c, arrived(t, r, "/api/a?x=1", "hunter2"), "api/a", fn.SignedIn},
		{"too long", c, arrived(t, r, "/api/a?x=1", strings.Repeat("x", 8<<10)), "api/a", fn.SignedIn},
		{"other header", c, arrived(t, r, "/api/a?x=1", strings.ToUpper(header)+"."+body), "api/a", fn.SignedIn},
		{"not signed", c, arrived(t, r, "/api/a?x=1", token[:strings.LastIndexByte(token, '.')+1]), "api/a", fn.SignedIn},
		{"other key", open(t, other), arrived(t, r, "/api/a?x=1", token), "api/a", fn.SignedIn},
		{"other function", c, arrived(t, r, "/api/a?x=1", token), "api/b", fn.SignedIn},
		{"other path", c, arrived(t, r, "/api/b?x=1", token), "api/a", fn.SignedIn},
		{"other query", c, arrived(t, r, "/api/a?x=2", token), "api/a", fn.SignedIn},
		{"other method", c, arrived(t, request(t, "POST", "/"), "/api/a?x=1", token), "api/a", fn.SignedIn},
		{"other access", c, arrived(t, r, "/api/a?x=1", token), "api/a", fn.Service},
		{"public token", c, arrived(t, r, "/api/a?x=1", sign(t, c, r, fn.Public)), "api/a", fn.SignedIn},
		{"expired", c, arrived(t, r, "/api/a?x=1", forge(t, jwt.Claims{Expiry: ago(time.Minute), IssuedAt: ago(2 * time.Minute)})), "api/a", fn.SignedIn},
		{"no end", c, arrived(t, r, "/api/a?x=1", forge(t, jwt.Claims{IssuedAt: ago(0)})), "api/a", fn.SignedIn},
		{"from the future", c, arrived(t, r, "/api/a?x=1", forge(t, jwt.Claims{Expiry: ago(-time.Hour), IssuedAt: ago(-time.Hour)})), "api/a", fn.SignedIn},
		{"other id", c, func() *http.Request {
			r := arrived(t, r, "/api/a?x=1", token)
			r.Header.Set("X-Request-Id", "r2")
			return r
		}(), "api/a", fn.SignedIn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			_, err := tt.c.Admit(w, tt.request, tt.function, tt.access)
			if !fault.Is(err, fault.Forbidden) {
				t.Fatalf("got %v", err)
			}
			if w.Header().Get(caller.Header) != caller.Refused {
				t.Error("the router is not told")
			}
			for _, secret := range []string{"hunter2", key, token} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("a secret is in: %v", err)
				}
			}
		})
	}
}

// The test of forge: what it makes is good if the times are.
func TestForged(t *testing.T) {
	t.Parallel()
	r := request(t, "GET", "/api/a?x=1")
	token := forge(t, jwt.Claims{Expiry: ago(-time.Minute), IssuedAt: ago(0)})
	if _, err := open(t, key).Admit(httptest.NewRecorder(), arrived(t, r, "/api/a?x=1", token), "api/a", fn.SignedIn); err != nil {
		t.Error(err)
	}
}

func ago(d time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(time.Now().Add(-d)) }

// forge signs with the true key what a router would not say.
func forge(t *testing.T, c jwt.Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Issuer, c.Audience, c.ID = "switchyard", jwt.Audience{"api/a"}, "r1"
	user, session := ada()
	token, err := jwt.Signed(signer).Claims(c).Claims(map[string]any{
		"access": fn.SignedIn.String(), "htm": "GET", "htu": "/api/a?x=1", "host": "shop.example", "user": user, "session": session,
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := open(t, key)
	r := request(t, "GET", "/api/a")
	user, session := ada()
	long := strings.Repeat("x", 100_000)
	user.Image, session.UserAgent = &long, &long
	r = r.WithContext(auth.With(r.Context(), user, session))
	got, err := c.Admit(httptest.NewRecorder(), arrived(t, r, "/api/a", sign(t, c, r, fn.SignedIn)), "api/a", fn.SignedIn)
	if err != nil {
		t.Fatal(err)
	}
	if auth.UserFrom(got.Context()).Image != nil || auth.SessionFrom(got.Context()).UserAgent != nil {
		t.Error("they were sent in spite of their length")
	}
	if user.Image == nil {
		t.Error("they are gone here too")
	}
	user.Name = long
	if _, err := c.Sign(r.WithContext(auth.With(r.Context(), user, session)), call(fn.SignedIn)); err == nil {
		t.Error("a token was made that no gateway takes")
	}
}
