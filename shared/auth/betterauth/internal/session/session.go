// Package session reads, renews and ends sessions, and writes their cookies.
package session

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// How long sessions live.
const (
	Life      = 7 * 24 * time.Hour // from the last renewal
	ShortLife = 24 * time.Hour     // of one that is not to be remembered
	RenewAge  = 24 * time.Hour     // since the last renewal, until the next
	FreshAge  = 24 * time.Hour     // since it began
)

// Manager knows the sessions of a service.
type Manager struct {
	Keys     *seal.Keyring
	Store    *store.Store
	Secure   bool          // cookies have the prefix __Secure-
	CacheFor time.Duration // of the cookie cache; 0 if it is off
}

// Begin adds a session for the user, as part of q's transaction if it has one. It
// lasts ShortLife if it is not to be remembered.
func (m *Manager) Begin(ctx context.Context, q store.Queries, c *wire.Call, userID string, remember bool) (auth.Session, error) {
	panic("not built yet")
}

// SetCookies writes the cookies of a session. remember is what the route's request
// says; nil if it does not say, so that a cookie dont_remember decides.
func (m *Manager) SetCookies(c *wire.Call, s auth.Session, u auth.User, remember *bool) {
	panic("not built yet")
}

// ClearCookies expires the cookies of a session.
func (m *Manager) ClearCookies(c *wire.Call) { panic("not built yet") }

// Options say how to read a session.
type Options struct {
	NoCache   bool // ask the database even if the cookie cache could tell
	NoRefresh bool // do not renew it
}

// Read returns the session of the request and its user, as the contract's section
// 5 has it: cookies are cleared or written again where it says so.
func (m *Manager) Read(ctx context.Context, c *wire.Call, o Options) (auth.Session, auth.User, bool, error) {
	panic("not built yet")
}
