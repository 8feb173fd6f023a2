package session

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// Require puts the session that g asks for into c, or fails with the *wire.Error
// of a request without one.
func (m *Manager) Require(ctx context.Context, c *wire.Call, g wire.Guard) error {
	if g == wire.Open {
		return nil
	}
	s, u, ok, err := m.Find(ctx, c, Options{NoCache: g == wire.Sensitive})
	if err != nil {
		return err
	}
	if !ok {
		return wire.Fail(http.StatusUnauthorized, "UNAUTHORIZED", "Unauthorized")
	}
	if g == wire.Fresh && time.Since(s.CreatedAt) >= FreshAge {
		return wire.Fail(http.StatusForbidden, "SESSION_NOT_FRESH", "Session is not fresh")
	}
	c.Session, c.User = s, u
	return nil
}
