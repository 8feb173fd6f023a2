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

// Manager knows the sessions of a service. It is safe for concurrent use.
type Manager struct {
	Keys     *seal.Keyring
	Store    *store.Store
	Secure   bool          // cookies have the prefix __Secure-
	CacheFor time.Duration // of the cookie cache; 0 if it is off
}

// Begin adds a session for the user, as part of q's transaction if it has one. It
// lasts ShortLife if it is not to be remembered. Its token is new: none that a
// request brings ever becomes a session.
func (m *Manager) Begin(ctx context.Context, q store.Queries, c *wire.Call, userID string, remember bool) (auth.Session, error) {
	life := Life
	if !remember {
		life = ShortLife
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	agent := latin1(c.Request.Header.Get("User-Agent"))
	s := auth.Session{
		ID:        seal.ID(),
		Token:     seal.ID(),
		UserID:    userID,
		ExpiresAt: now.Add(life),
		CreatedAt: now,
		UpdatedAt: now,
		IPAddress: &c.IP,
		UserAgent: &agent,
	}
	return s, q.CreateSession(ctx, s)
}

// latin1 reads a header as Node does, one character a byte, so that it is text
// whatever the bytes are.
func latin1(header string) string {
	runes := make([]rune, len(header))
	for i := range len(header) {
		runes[i] = rune(header[i])
	}
	return string(runes)
}
