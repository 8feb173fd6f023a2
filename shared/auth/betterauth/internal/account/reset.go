package account

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/letter"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// resetLife is how long a link for a new password works.
const resetLife = time.Hour

func resetIdentifier(token string) string { return "reset-password:" + token }

// requestReset mails a link for a new password, and answers alike if there is
// nobody to mail it to.
func (r *Routes) requestReset(ctx context.Context, c *wire.Call) (any, error) {
	if !r.Auth.Enabled() {
		return nil, wire.Fail(http.StatusBadRequest, "RESET_PASSWORD_DISABLED", "Reset password isn't enabled")
	}
	began := time.Now()
	user, ok, err := r.Store.UserByEmail(ctx, strings.ToLower(c.Body.Text("email")))
	if err != nil {
		return nil, err
	}
	if ok {
		if err := r.sendReset(ctx, user, c.Body.Text("redirectTo")); err != nil {
			return nil, err
		}
	}
	return map[string]any{
		"status":  true,
		"message": "If this email exists in our system, check your email for the reset link",
	}, discreetly(ctx, began)
}

func (r *Routes) sendReset(ctx context.Context, u auth.User, redirectTo string) error {
	token, now := seal.ResetToken(), time.Now()
	until := now.Add(resetLife)
	url := r.Auth.URL.String() + wire.BasePath + "/reset-password/" + token + "?callbackURL=" + encodeURIComponent(redirectTo)
	return r.Store.InTx(ctx, func(q store.Queries, tx pgx.Tx) error {
		if err := q.AddVerification(ctx, resetIdentifier(token), u.ID, now, until); err != nil {
			return err
		}
		return r.Mail.Add(ctx, tx, letter.Reset(u.Email, u.Name, url, token, until))
	})
}

// openReset leads whoever opens the link on to the page that asks for the new
// password. It does not spend the token: mail programs open links too.
func (r *Routes) openReset(ctx context.Context, c *wire.Call) (any, error) {
	callback := c.Query.Text("callbackURL")
	if callback == "" {
		return r.resolve(wire.BasePath+"/error", "error", "INVALID_TOKEN")
	}
	_, ok, err := r.Store.Verification(ctx, resetIdentifier(c.Param), time.Now())
	if err != nil {
		return nil, err
	}
	if !ok {
		return r.resolve(callback, "error", "INVALID_TOKEN")
	}
	return r.resolve(callback, "token", c.Param)
}

// resetPassword sets the password of the user whom a token was mailed to. Only
// this spends the token.
func (r *Routes) resetPassword(ctx context.Context, c *wire.Call) (any, error) {
	token := cmp.Or(c.Body.Text("token"), c.Query.Text("token"))
	if token == "" {
		return nil, invalidToken(http.StatusBadRequest)
	}
	password := c.Body.Text("newPassword")
	if err := checkNew(password); err != nil {
		return nil, err
	}
	// Guesses are not worth a hash.
	userID, ok, err := r.Store.Verification(ctx, resetIdentifier(token), time.Now())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, invalidToken(http.StatusBadRequest)
	}
	hash, err := r.Passwords.Hash(ctx, client(c, ""), password)
	if err != nil {
		return nil, err
	}
	return wire.Done(), r.change(ctx, userID, func(q store.Queries, _ pgx.Tx, u auth.User) error {
		now := time.Now()
		owner, ok, err := q.TakeVerification(ctx, resetIdentifier(token), now)
		if err != nil {
			return err
		}
		if !ok || owner != u.ID {
			return invalidToken(http.StatusBadRequest)
		}
		if r.Auth.RevokeSessionsOnReset {
			if err := q.DeleteSessions(ctx, u.ID, ""); err != nil {
				return err
			}
		}
		return q.SetPassword(ctx, u.ID, hash, now)
	})
}
