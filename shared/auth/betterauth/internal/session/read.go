package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// Options say how to read a session. The query parameter disableCookieCache of the
// request says so too; disableRefresh, not to renew it.
type Options struct {
	NoCache bool // ask the database even if the cookie cache could tell
}

// Find is [Manager.Read] for those who want to know who calls, and no more: a
// session that ends while it is renewed is none.
func (m *Manager) Find(ctx context.Context, c *wire.Call, o Options) (auth.Session, auth.User, bool, error) {
	s, u, ok, err := m.Read(ctx, c, o)
	if _, ended := errors.AsType[*wire.Error](err); ended {
		return s, u, false, nil
	}
	return s, u, ok, err
}

// Read returns the session of the request and its user, or false if there is none.
// Cookies are cleared when they name a session that has ended, and written again
// when the session is renewed or the cookie cache is. A session that ends while it
// is renewed is an *wire.Error.
func (m *Manager) Read(ctx context.Context, c *wire.Call, o Options) (auth.Session, auth.User, bool, error) {
	token, ok := m.Signed(c, tokenCookie)
	if m.CacheFor == 0 {
		m.expireCache(c) // of a time when the cache was on
	}
	if !ok {
		return auth.Session{}, auth.User{}, false, nil
	}
	if m.CacheFor > 0 && !o.NoCache && !c.Query.Flag("disableCookieCache") {
		copied, sent, good := m.cached(c)
		now := time.Now()
		if good && copied.Session.Token == token && !copied.ExpiresAt.Before(now) && !copied.Session.ExpiresAt.Before(now) {
			return copied.Session, copied.User, true, nil
		}
		if sent {
			m.expireCache(c)
		}
	}
	return m.load(ctx, c, token)
}

// load returns the session with this token as the database has it.
func (m *Manager) load(ctx context.Context, c *wire.Call, token string) (auth.Session, auth.User, bool, error) {
	s, u, ok, err := m.Store.Live(ctx, token)
	if err != nil {
		return s, u, false, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	if !ok || s.ExpiresAt.Before(now) {
		m.ClearCookies(c)
		if ok {
			err = m.Store.DeleteSession(ctx, "", token)
		}
		return auth.Session{}, auth.User{}, false, err
	}
	if _, short := m.Signed(c, shortCookie); short || c.Query.Flag("disableRefresh") {
		return s, u, true, nil
	}
	if now.Before(s.ExpiresAt.Add(RenewAge - Life)) {
		m.setCache(c, s, u, false)
		return s, u, true, nil
	}
	s, ok, err = m.Store.ExtendSession(ctx, token, now.Add(Life), now)
	if err != nil {
		return s, u, false, err
	}
	if !ok {
		m.ClearCookies(c)
		return s, u, false, wire.Fail(http.StatusUnauthorized, "FAILED_TO_GET_SESSION", "Failed to get session")
	}
	m.SetCookies(c, s, u, new(true))
	return s, u, true, nil
}
