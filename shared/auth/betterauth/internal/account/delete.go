package account

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/letter"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// deleteLife is how long a link that deletes an account works.
const deleteLife = 24 * time.Hour

func deleteIdentifier(token string) string { return "delete-account-" + token }

// Delete deletes the user: with a token that was mailed, else, unless such a mail is
// to be sent first, with the password or a fresh session. It returns false if it has
// sent the mail.
func (r *Routes) Delete(ctx context.Context, c *wire.Call) (deleted bool, err error) {
	password, hash := c.Body.Text("password"), ""
	if password != "" {
		if err := checkLength(password); err != nil {
			return false, err
		}
		if hash, err = r.verify(ctx, c, password, noCredential()); err != nil {
			return false, err
		}
	}
	token := c.Body.Text("token")
	switch {
	case token != "":
		return true, r.removeWith(ctx, c, c.User.ID, token)
	case r.Auth.ConfirmDelete:
		return false, r.sendDeletion(ctx, c.User, c.Body.Text("callbackURL"))
	case password == "" && time.Since(c.Session.CreatedAt) >= session.FreshAge:
		return false, wire.Fail(http.StatusBadRequest, "SESSION_EXPIRED", "Session expired. Re-authenticate to perform this action.")
	}
	return true, r.remove(ctx, c, c.User.ID, func(q store.Queries) error {
		if password == "" {
			return nil
		}
		return still(ctx, q, c.User.ID, hash, invalidPassword())
	})
}

func deletion(deleted bool) any {
	message := "Verification email sent"
	if deleted {
		message = "User deleted"
	}
	return map[string]any{"success": true, "message": message}
}

func (r *Routes) sendDeletion(ctx context.Context, u auth.User, callback string) error {
	token, now := seal.DeleteToken(), time.Now()
	until := now.Add(deleteLife)
	m := letter.Deletion(u.Email, u.Name, r.link("/delete-user/callback", token, callback), token, until)
	return r.Store.InTx(ctx, func(q store.Queries, tx pgx.Tx) error {
		if err := q.AddVerification(ctx, deleteIdentifier(token), u.ID, now, until); err != nil {
			return err
		}
		return r.Mail.Add(ctx, tx, m)
	})
}

// openDeletion deletes the user who opens the link and is signed in.
func (r *Routes) openDeletion(ctx context.Context, c *wire.Call) (any, error) {
	_, user, ok, err := r.Sessions.Read(ctx, c, session.Options{NoCache: true})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, wire.Fail(http.StatusNotFound, "FAILED_TO_GET_USER_INFO", "Failed to get user info")
	}
	if err := r.removeWith(ctx, c, user.ID, c.Query.Text("token")); err != nil {
		return nil, err
	}
	if callback := c.Query.Text("callbackURL"); callback != "" {
		return wire.Redirect(callback), nil
	}
	return deletion(true), nil
}

// removeWith deletes a user to whom token was mailed, and spends it.
func (r *Routes) removeWith(ctx context.Context, c *wire.Call, userID, token string) error {
	return r.remove(ctx, c, userID, func(q store.Queries) error {
		owner, ok, err := q.TakeVerification(ctx, deleteIdentifier(token), time.Now())
		if err == nil && (!ok || owner != userID) {
			err = invalidToken(http.StatusNotFound)
		}
		return err
	})
}

// remove deletes a user, and everything of it follows, unless first fails in the
// same transaction.
func (r *Routes) remove(ctx context.Context, c *wire.Call, userID string, first func(store.Queries) error) error {
	err := r.Store.InTx(ctx, func(q store.Queries, tx pgx.Tx) error {
		if err := first(q); err != nil {
			return err
		}
		// Of several requests at once, one tells what has to follow.
		if deleted, err := q.DeleteUser(ctx, userID); err != nil || !deleted {
			return err
		}
		return r.Events.Publish(ctx, tx, auth.UserDeleted{UserID: userID})
	})
	if err == nil {
		r.Sessions.ClearCookies(c)
	}
	return err
}
