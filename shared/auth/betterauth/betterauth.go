// Package betterauth signs people in. It speaks the contract of Better Auth 1.7
// (https://better-auth.com): the same routes, cookies, hashes and tables, so that
// its client library works unchanged, and a Node server can use the same database
// before, after or at the same time.
package betterauth

import (
	"context"
	"runtime"
	"slices"
	"time"

	"switchyard/internal/origin"
	"switchyard/shared/auth/betterauth/internal/account"
	"switchyard/shared/auth/betterauth/internal/limit"
	"switchyard/shared/auth/betterauth/internal/password"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/social"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/mail"
)

// BasePath is where the routes are.
const BasePath = wire.BasePath

const (
	// maxHashing is how many passwords are hashed at once, however many processors
	// there are: 256 MiB.
	maxHashing = 8
	// maxWaiting is how many requests may wait for their turn to hash a password, and waitingEach
	// how many of a processor: three quarters of what a host that has too much to do still runs at
	// once, so that the rest is for others.
	maxWaiting, waitingEach = 128, 48
)

// Server is Better Auth. It is safe for concurrent use.
type Server struct {
	config   config.Auth
	origins  *origin.Rules
	limiter  *limit.Limiter // nil if requests are not limited
	sessions *session.Manager
	accounts *account.Routes
	social   *social.Routes
	routes   map[string]wire.Route // by routeKey
}

// Open returns the server that c describes, with its tables in d. It makes no call
// to the database.
func Open(_ context.Context, c config.Auth, d *db.DB, q *mail.Queue, bus *events.Bus) (*Server, error) {
	keys, tables := seal.NewKeyring(c.Keys()...), store.New(d, c.Names)
	s := &Server{
		config:  c,
		origins: origin.New(c.URL.String(), c.Trusted),
		sessions: &session.Manager{
			Keys: keys, Store: tables, Secure: c.Secure(), CacheFor: time.Duration(c.CookieCache),
		},
		routes: map[string]wire.Route{},
	}
	if c.RateLimit {
		s.limiter = limit.New(d, c.Names)
	}
	processors := runtime.GOMAXPROCS(0)
	s.accounts = account.New(account.Config{
		Auth: c, Keys: keys, Store: tables, Sessions: s.sessions, Mail: q, Events: bus,
		Passwords: password.New(min(max(1, processors-1), maxHashing), min(maxWaiting, waitingEach*processors)),
	})
	s.social = social.New(social.Config{
		Auth: c, Keys: keys, Store: tables, Sessions: s.sessions, Mail: q, Accounts: s.accounts,
	})
	for _, r := range slices.Concat(s.sessions.Routes(), s.accounts.Routes(), s.social.Routes()) {
		s.routes[routeKey(r)] = r
	}
	return s, nil
}

// Providers returns the providers that people can sign in with, by their ids:
// "github", "google".
func (s *Server) Providers() []string {
	var ids []string
	for _, p := range s.social.Providers() {
		ids = append(ids, p.ID)
	}
	return ids
}

// ProviderOrigins returns the origins of the pages where providers sign people in,
// such as "https://github.com": where a form that starts it leads.
func (s *Server) ProviderOrigins() []string {
	var origins []string
	for _, p := range s.social.Providers() {
		origins = append(origins, p.Origin)
	}
	return origins
}

// SendsMail reports whether mail is configured: whether passwords can be reset and
// addresses verified.
func (s *Server) SendsMail() bool { return s.config.Enabled() }
