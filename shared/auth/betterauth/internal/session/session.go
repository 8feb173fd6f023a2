// Package session reads, renews and ends sessions, and writes their cookies.
package session

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/auth/standing"
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
//
// It fails with an *wire.Error, and adds none, if the user is banned or needs a second
// factor: see package standing.
func (m *Manager) Begin(ctx context.Context, q store.Queries, c *wire.Call, userID string, remember bool) (auth.Session, error) {
	return m.begin(ctx, q, c, userID, remember, standing.Good)
}

// Replace is [Manager.Begin] for a user who is signed in, and has shown the second factor
// where that was: the new session is to take the place of the others.
func (m *Manager) Replace(ctx context.Context, q store.Queries, c *wire.Call, userID string) (auth.Session, error) {
	return m.begin(ctx, q, c, userID, true, standing.TwoFactors)
}

func (m *Manager) begin(ctx context.Context, q store.Queries, c *wire.Call, userID string, remember bool, allowed string) (auth.Session, error) {
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
	found, err := q.CreateSession(ctx, s, allowed)
	if err == nil && found != standing.Good {
		err = keptOut(found)
	}
	return s, err
}

// keptOut returns the error of a user who may not sign in. That about a ban is Better
// Auth's own; it has none of the other kind, as it would ask for the factor.
func keptOut(found string) error {
	if found == standing.Banned {
		return wire.Fail(http.StatusForbidden, "BANNED_USER",
			"You have been banned from this application. Please contact support if you believe this is an error.")
	}
	return wire.Fail(http.StatusForbidden, "TWO_FACTOR_REQUIRED", "This account is protected by a second factor, which cannot be checked here")
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
