package betterauth_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
)

const stateName = "better-auth.state"

// startSocial starts a server and the providers that it uses.
func startSocial(t testing.TB, changes ...func(*config.Auth)) (*server, *provider) {
	t.Helper()
	p := newProvider(t)
	return start(t, func(c *config.Auth) {
		p.settings(c)
		for _, change := range changes {
			change(c)
		}
	}), p
}

// trip is somebody on the way to a provider and back.
type trip struct {
	*browser

	to *url.URL // the provider's page
}

// begin sets out to sign in; more is for the body.
func (b *browser) begin(provider string, more fields) *trip {
	b.t.Helper()
	return b.setOut("/sign-in/social", provider, more)
}

func (b *browser) setOut(route, provider string, more fields) *trip {
	b.t.Helper()
	body := fields{"provider": provider, "callbackURL": "/home?a=b", "errorCallbackURL": "/oops?x=1#end"}
	maps.Copy(body, more)
	a := b.post(route, body)
	text, _ := a.object(b.t)["url"].(string)
	to, err := url.Parse(text)
	if err != nil || a.StatusCode != http.StatusOK {
		b.t.Fatalf("POST %s: %d %s", route, a.StatusCode, a.body)
	}
	return &trip{b, to}
}

func (x *trip) state() string { return x.to.Query().Get("state") }

// agree visits the provider, and returns where it leads.
func (x *trip) agree() string {
	x.t.Helper()
	r, err := http.NewRequestWithContext(x.t.Context(), http.MethodGet, x.to.String(), nil)
	if err != nil {
		x.t.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer answer.Body.Close()
	back := answer.Header.Get("Location")
	if !strings.HasPrefix(back, shop+"/api/auth/callback/") {
		x.t.Fatalf("the provider answers %s, and leads to %q", answer.Status, back)
	}
	return back
}

// finish goes there and back.
func (x *trip) finish() answer {
	x.t.Helper()
	return x.open(x.agree())
}

// copied returns the same trip in a browser of its own, with the same cookies.
func (x *trip) copied() *trip {
	return &trip{&browser{x.server, maps.Clone(x.cookies)}, x.to}
}

// fails checks that a trip ended in vain.
func (a answer) fails(t testing.TB, what, code string) {
	t.Helper()
	a.leads(t, what, "/oops?x=1&error="+code+"#end")
	if a.cookie(tokenCookie) != "" {
		t.Errorf("%s: it signed in", what)
	}
}

// linked is an account with a provider as it is stored.
type linked struct {
	ID, ProviderID, AccountID, UserID           string
	Access, Refresh, IDToken, Scope             *string
	AccessTokenExpiresAt, RefreshTokenExpiresAt *time.Time
}

// linked returns the accounts with providers, oldest first.
func (s *server) linked() []linked {
	s.t.Helper()
	rows, err := s.db.Query(s.t.Context(), `SELECT id, "providerId", "accountId", "userId", "accessToken", "refreshToken", "idToken", scope,
		"accessTokenExpiresAt", "refreshTokenExpiresAt" FROM account ORDER BY "createdAt", "providerId"`)
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[linked])
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// addUser adds a user and returns a browser in which that one is signed in.
func (s *server) addUser(id, email string, verified bool) *browser {
	s.t.Helper()
	s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ($1, 'Local', $2, $3)`, id, email, verified)
	token, now := "session-of-"+id, time.Now()
	s.exec(`INSERT INTO session (id, token, "userId", "expiresAt", "createdAt", "updatedAt") VALUES ($1, $1, $2, $3, $4, $4)`,
		token, id, now.Add(7*24*time.Hour), now)
	b := s.browser()
	b.cookies[tokenCookie] = sign(secret, token)
	return b
}
