package session

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// Routes returns the routes that are about sessions alone.
func (m *Manager) Routes() []wire.Route {
	return []wire.Route{
		{Method: http.MethodGet, Path: "/get-session", Handle: m.get},
		{Method: http.MethodPost, Path: "/get-session", NoBody: true, Handle: m.post},
		{Method: http.MethodGet, Path: "/list-sessions", Guard: wire.Fresh, Handle: wire.Shaped(m.List, shapes)},
		{Method: http.MethodPost, Path: "/revoke-session", Guard: wire.Sensitive, Handle: m.revoke, Body: &wire.Schema{
			Fields: []wire.Field{{Name: "token", Kind: wire.String}},
		}},
		{Method: http.MethodPost, Path: "/revoke-sessions", Guard: wire.Sensitive, Handle: m.revokeAll},
		{Method: http.MethodPost, Path: "/revoke-other-sessions", Guard: wire.Sensitive, Handle: m.revokeOthers},
		{Method: http.MethodPost, Path: "/sign-out", Handle: m.signOut, Body: &wire.Schema{
			Optional: true,
			Fields: []wire.Field{
				{Name: "callbackURL", Kind: wire.String, Optional: true},
				{Name: "disableRedirect", Kind: wire.Boolean, Optional: true},
				{Name: "state", Kind: wire.String, Optional: true},
			},
		}},
		{Method: http.MethodPost, Path: "/update-session", Guard: wire.SignedIn, Handle: m.update, Body: &wire.Schema{
			Kind: wire.Record,
		}},
	}
}

func noStore(c *wire.Call) {
	c.Header.Set("Cache-Control", "no-store")
	c.Header.Set("Pragma", "no-cache")
}

func (m *Manager) get(ctx context.Context, c *wire.Call) (any, error) {
	noStore(c)
	s, u, ok, err := m.Read(ctx, c, Options{})
	if err != nil || !ok {
		return nil, err
	}
	return map[string]any{"session": wire.Session(s), "user": wire.User(u)}, nil
}

// post is for a setting of Node's that this server does not have
// (deferSessionRefresh).
func (m *Manager) post(_ context.Context, c *wire.Call) (any, error) {
	noStore(c)
	return nil, wire.Fail(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
		"POST method requires deferSessionRefresh to be enabled in session config")
}

// List returns the user's sessions.
func (m *Manager) List(ctx context.Context, c *wire.Call) ([]auth.Session, error) {
	return m.Store.Sessions(ctx, c.User.ID, time.Now())
}

// Ended returns those of these ids whose sessions have ended.
func (m *Manager) Ended(ctx context.Context, ids []string) ([]string, error) {
	return m.Store.EndedSessions(ctx, ids, time.Now())
}

func shapes(sessions []auth.Session) any {
	all := make([]any, 0, len(sessions))
	for _, s := range sessions {
		all = append(all, wire.Session(s))
	}
	return all
}

func (m *Manager) revoke(ctx context.Context, c *wire.Call) (any, error) {
	token := c.Body.Text("token")
	if err := m.Store.DeleteSession(ctx, c.User.ID, token); err != nil {
		return nil, err
	}
	if token == c.Session.Token {
		m.ClearCookies(c)
	}
	return wire.Done(), nil
}

func (m *Manager) revokeAll(ctx context.Context, c *wire.Call) (any, error) {
	if err := m.Store.DeleteSessions(ctx, c.User.ID, ""); err != nil {
		return nil, err
	}
	m.ClearCookies(c)
	return wire.Done(), nil
}

func (m *Manager) revokeOthers(ctx context.Context, c *wire.Call) (any, error) {
	if err := m.Store.DeleteSessions(ctx, c.User.ID, c.Session.Token); err != nil {
		return nil, err
	}
	return wire.Done(), nil
}

// signOut ends the session, if there is one. Node answers success even if the
// database could not be asked; then the session would live on unnoticed.
func (m *Manager) signOut(ctx context.Context, c *wire.Call) (any, error) {
	if token, ok := m.Signed(c, tokenCookie); ok {
		if err := m.Store.DeleteSession(ctx, "", token); err != nil {
			return nil, err
		}
	}
	m.ClearCookies(c)
	return map[string]any{"success": true}, nil
}

// update is for fields that sessions here do not have.
func (m *Manager) update(context.Context, *wire.Call) (any, error) {
	return nil, wire.Fail(http.StatusBadRequest, "", "No fields to update")
}
