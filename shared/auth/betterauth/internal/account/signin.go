package account

import (
	"context"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// signIn begins a session for whoever knows the password. An unknown address, one
// without a password and a wrong password are answered alike, after as much work.
func (r *Routes) signIn(ctx context.Context, c *wire.Call) (any, error) {
	address, password := c.Body.Text("email"), c.Body.Text("password")
	if !wire.IsEmail(address) {
		return nil, wire.Fail(http.StatusBadRequest, "INVALID_EMAIL", "Invalid email")
	}
	if err := checkLength(password); err != nil {
		return nil, err
	}
	user, hash, ok, err := r.Store.SignIn(ctx, strings.ToLower(address))
	if err != nil {
		return nil, err
	}
	right, err := r.Passwords.Verify(ctx, client(c, address), hash, password)
	if err != nil {
		return nil, err
	}
	wrong := wire.Fail(http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
	if !ok || !right {
		return nil, wrong
	}
	callback := c.Body.Text("callbackURL")
	if r.Auth.RequireVerifiedEmail && !user.EmailVerified {
		return nil, r.unverified(ctx, user, callback)
	}
	remember := c.Body.Bool("rememberMe", true)
	var s auth.Session
	err = r.Store.InTx(ctx, func(q store.Queries, _ pgx.Tx) error {
		if err := still(ctx, q, user.ID, hash, wrong); err != nil {
			return err
		}
		s, err = r.Sessions.Begin(ctx, q, c, user.ID, remember)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Sessions.SetCookies(c, s, user, &remember)
	answer := map[string]any{"redirect": callback != "", "token": s.Token, "user": wire.User(user)}
	if c.Body.Has("callbackURL") {
		answer["url"] = callback
	}
	if callback != "" {
		c.Header.Set("Location", callback)
	}
	return answer, nil
}

// unverified returns why u cannot sign in yet, once the link that changes it is on
// its way.
func (r *Routes) unverified(ctx context.Context, u auth.User, callback string) error {
	if r.Auth.VerifyOnSignIn && r.Auth.Enabled() {
		if err := r.send(ctx, r.Verification(u, callback)); err != nil {
			return err
		}
	}
	return wire.Fail(http.StatusForbidden, "EMAIL_NOT_VERIFIED", "Email not verified")
}
