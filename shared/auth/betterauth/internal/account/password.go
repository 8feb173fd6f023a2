package account

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// How long passwords are, in UTF-16 code units.
const (
	minPassword = 8
	maxPassword = 128
)

// checkLength fails if no password is as long as this one. There is no minimum:
// one that was set elsewhere may be shorter.
func checkLength(password string) error {
	if wire.Length(password) > maxPassword {
		return wire.Fail(http.StatusBadRequest, "PASSWORD_TOO_LONG", "Password too long")
	}
	return nil
}

// checkNew fails if password cannot become one.
func checkNew(password string) error {
	if wire.Length(password) < minPassword {
		return wire.Fail(http.StatusBadRequest, "PASSWORD_TOO_SHORT", "Password too short")
	}
	return checkLength(password)
}

// hashOf returns the hash of a user's password, "" if there is none.
func hashOf(ctx context.Context, q store.Queries, userID string) (string, error) {
	accounts, err := q.Accounts(ctx, userID)
	if err != nil {
		return "", err
	}
	for _, a := range accounts {
		if a.ProviderID == store.Credential && a.AccountID == userID && a.Password != nil {
			return *a.Password, nil
		}
	}
	return "", nil
}

// verify returns the hash of the password of c's user. It fails with none if the user has no
// password, and with invalidPassword if this is another one.
func (r *Routes) verify(ctx context.Context, c *wire.Call, password string, none error) (hash string, err error) {
	hash, err = hashOf(ctx, r.Store.Queries, c.User.ID)
	if err != nil {
		return "", err
	}
	if hash == "" {
		return "", none
	}
	right, err := r.Passwords.Verify(ctx, client(c, c.User.Email), hash, password)
	if err == nil && !right {
		err = invalidPassword()
	}
	return hash, err
}

// still fails with changed if the hash of the user's password is not this one any more. If it is,
// it stays so until q's transaction ends. To compare a password takes a while, in which somebody
// may change or reset it: the comparison does not count then.
//
// The hash is read by a statement of its own: one that waits for a lock sees the other tables as
// they were when it began.
func still(ctx context.Context, q store.Queries, userID, hash string, changed error) error {
	if _, _, err := q.LockUser(ctx, userID); err != nil {
		return err
	}
	now, err := hashOf(ctx, q, userID)
	if err == nil && now != hash {
		err = changed
	}
	return err
}

// verifyPassword tells whether a password is the user's.
func (r *Routes) verifyPassword(ctx context.Context, c *wire.Call) (any, error) {
	password := c.Body.Text("password")
	if err := checkLength(password); err != nil {
		return nil, err
	}
	_, err := r.verify(ctx, c, password, invalidPassword())
	return wire.Done(), err
}

// changePassword changes the password of a user who knows the current one. On
// request all sessions end, and a new one begins here.
func (r *Routes) changePassword(ctx context.Context, c *wire.Call) (any, error) {
	current, next := c.Body.Text("currentPassword"), c.Body.Text("newPassword")
	if err := checkNew(next); err != nil {
		return nil, err
	}
	if err := checkLength(current); err != nil {
		return nil, err
	}
	known, err := r.verify(ctx, c, current, noCredential())
	if err != nil {
		return nil, err
	}
	hash, err := r.Passwords.Hash(ctx, client(c, ""), next)
	if err != nil {
		return nil, err
	}
	revoke := c.Body.Bool("revokeOtherSessions", false)
	var s auth.Session
	err = r.Store.InTx(ctx, func(q store.Queries, _ pgx.Tx) error {
		if err := still(ctx, q, c.User.ID, known, invalidPassword()); err != nil {
			return err
		}
		if err := q.SetPassword(ctx, c.User.ID, hash, time.Now()); err != nil || !revoke {
			return err
		}
		if err := q.DeleteSessions(ctx, c.User.ID, ""); err != nil {
			return err
		}
		s, err = r.Sessions.Replace(ctx, q, c, c.User.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"token": nil, "user": wire.User(c.User)}
	if revoke {
		r.Sessions.SetCookies(c, s, c.User, nil)
		answer["token"] = s.Token
	}
	return answer, nil
}
