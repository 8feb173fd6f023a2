package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/letter"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fault"
	"switchyard/shared/mail"
)

// What opening the link of a mail about another address does. Without either, the
// address changes at once and has yet to be verified: tokens of old versions.
const (
	confirmChange = "change-email-confirmation" // sent to the old address: the next link goes to the new one
	verifyChange  = "change-email-verification" // sent to the new address: it takes effect
)

// changeEmail mails a link that changes the user's address: to the new address, or
// first to the old one. It answers alike if the new address is somebody else's.
func (r *Routes) changeEmail(ctx context.Context, c *wire.Call) (any, error) {
	began := time.Now()
	address, callback := strings.ToLower(c.Body.Text("newEmail")), c.Body.Text("callbackURL")
	if address == c.User.Email {
		return nil, wire.Fail(http.StatusBadRequest, "", "Email is the same")
	}
	if !r.Auth.Enabled() {
		return nil, wire.Fail(http.StatusBadRequest, "", "Verification email isn't enabled")
	}
	_, taken, err := r.Store.UserByEmail(ctx, address)
	if err != nil {
		return nil, err
	}
	if !taken {
		m := r.changeVerification(c.User, address, callback)
		if r.Auth.ConfirmEmailChange && c.User.EmailVerified {
			m = r.changeConfirmation(c.User, address, callback)
		}
		if err := r.send(ctx, m); err != nil {
			return nil, err
		}
	}
	return wire.Done(), discreetly(ctx, began)
}

func (r *Routes) changeConfirmation(u auth.User, address, callback string) mail.Message {
	claims := seal.Claims{Email: u.Email, UpdateTo: address, RequestType: confirmChange, UserID: u.ID}
	url, token, until := r.verifyLink(claims, callback)
	return letter.EmailChangeConfirmation(u.Email, u.Name, address, url, token, until)
}

func (r *Routes) changeVerification(u auth.User, address, callback string) mail.Message {
	claims := seal.Claims{Email: u.Email, UpdateTo: address, RequestType: verifyChange, UserID: u.ID}
	url, token, until := r.verifyLink(claims, callback)
	return letter.EmailChangeVerification(address, u.Name, url, token, until)
}

// openChange does what a token about another address says. Somebody else who is
// signed in may not open it.
func (r *Routes) openChange(ctx context.Context, c *wire.Call, claims seal.Claims) (any, error) {
	if claims.UserID == "" {
		return nil, invalidToken(http.StatusUnauthorized)
	}
	user, ok, err := r.Store.UserByID(ctx, claims.UserID)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, userNotFound(http.StatusUnauthorized)
	case user.Email != claims.Email:
		return nil, invalidToken(http.StatusUnauthorized)
	}
	s, who, signedIn, err := r.Sessions.Read(ctx, c, session.Options{NoCache: true})
	if err != nil {
		return nil, err
	}
	if signedIn && who.ID != user.ID {
		return nil, wire.Fail(http.StatusUnauthorized, "INVALID_USER", "Invalid user")
	}
	if claims.RequestType == confirmChange {
		if !r.Auth.Enabled() {
			return wire.Done(), nil
		}
		return wire.Done(), r.send(ctx, r.changeVerification(user, claims.UpdateTo, c.Query.Text("callbackURL")))
	}
	user, err = r.setEmail(ctx, claims, c.Query.Text("callbackURL"))
	if err != nil {
		return nil, err
	}
	if signedIn {
		r.Sessions.SetCookies(c, s, user, nil)
	}
	return map[string]any{"status": true, "user": wire.User(user)}, nil
}

// setEmail changes the address of the user whom a token is about, if it is still
// the one that the token was made for: so each works once.
func (r *Routes) setEmail(ctx context.Context, claims seal.Claims, callback string) (changed auth.User, err error) {
	err = r.change(ctx, claims.UserID, func(q store.Queries, tx pgx.Tx, u auth.User) error {
		if u.Email != claims.Email {
			return invalidToken(http.StatusUnauthorized)
		}
		change := store.UserChange{Email: new(strings.ToLower(claims.UpdateTo))}
		if claims.RequestType != verifyChange {
			change.EmailVerified = new(false)
		}
		changed, _, err = q.UpdateUser(ctx, u.ID, change, time.Now())
		if fault.Is(err, fault.Conflict) {
			return addressTaken()
		}
		if err != nil || claims.RequestType == verifyChange || !r.Auth.Enabled() {
			return err
		}
		return r.Mail.Add(ctx, tx, r.Verification(changed, callback))
	})
	return changed, err
}
