package account

import (
	"context"
	"errors"
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
	"switchyard/shared/mail"
)

// verifyLife is how long links to verify-email work.
const verifyLife = time.Hour

// Verification returns the mail in which u verifies the address, and is led on to
// callback.
func (r *Routes) Verification(u auth.User, callback string) mail.Message {
	url, token, until := r.verifyLink(seal.Claims{Email: u.Email, UserID: u.ID}, callback)
	return letter.Verification(u.Email, u.Name, url, token, until)
}

// verifyLink returns a link to verify-email, the token in it, and how long it works.
func (r *Routes) verifyLink(claims seal.Claims, callback string) (url, token string, until time.Time) {
	now := time.Now()
	token = r.Keys.SignJWT(claims, now, verifyLife)
	return r.link("/verify-email", token, callback), token, now.Add(verifyLife)
}

// sendVerification mails another link. Who is not signed in does not learn whether
// there is somebody to mail it to.
func (r *Routes) sendVerification(ctx context.Context, c *wire.Call) (any, error) {
	if !r.Auth.Enabled() {
		return nil, wire.Fail(http.StatusBadRequest, "VERIFICATION_EMAIL_NOT_ENABLED", "Verification email isn't enabled")
	}
	began := time.Now()
	address, callback := strings.ToLower(c.Body.Text("email")), c.Body.Text("callbackURL")
	_, user, signedIn, err := r.Sessions.Read(ctx, c, session.Options{})
	switch {
	case err != nil:
		return nil, err
	case !signedIn:
		if err := r.verificationTo(ctx, address, callback); err != nil {
			return nil, err
		}
		return wire.Done(), discreetly(ctx, began)
	case strings.ToLower(user.Email) != address:
		return nil, wire.Fail(http.StatusBadRequest, "EMAIL_MISMATCH", "Email mismatch")
	case user.EmailVerified:
		return nil, wire.Fail(http.StatusBadRequest, "EMAIL_ALREADY_VERIFIED", "Email is already verified")
	}
	return wire.Done(), r.send(ctx, r.Verification(user, callback))
}

// verificationTo mails a link to a user who has yet to verify the address, if there
// is one.
func (r *Routes) verificationTo(ctx context.Context, address, callback string) error {
	user, ok, err := r.Store.UserByEmail(ctx, address)
	if err != nil || !ok || user.EmailVerified {
		return err
	}
	return r.send(ctx, r.Verification(user, callback))
}

// verifyEmail is what the links in mails about an address lead to. With a callback
// it leads on there, with the code of an error if there is one.
func (r *Routes) verifyEmail(ctx context.Context, c *wire.Call) (any, error) {
	answer, err := r.open(ctx, c)
	callback := c.Query.Text("callbackURL")
	if callback == "" {
		return answer, err
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return appendError(callback, refused.Code)
	}
	return wire.Redirect(callback), err
}

// open does what the token of the link says.
func (r *Routes) open(ctx context.Context, c *wire.Call) (any, error) {
	claims, err := r.Keys.OpenJWT(c.Query.Text("token"), time.Now())
	switch {
	case errors.Is(err, seal.ErrExpired):
		return nil, wire.Fail(http.StatusUnauthorized, "TOKEN_EXPIRED", "Token expired")
	case err != nil:
		return nil, invalidToken(http.StatusUnauthorized)
	case claims.UpdateTo != "":
		return r.openChange(ctx, c, claims)
	}
	user, ok, err := r.Store.UserByEmail(ctx, strings.ToLower(claims.Email))
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, userNotFound(http.StatusUnauthorized)
	case claims.UserID != "" && claims.UserID != user.ID:
		return nil, invalidToken(http.StatusUnauthorized)
	case !user.EmailVerified:
		err = r.setVerified(ctx, c, user)
	}
	return map[string]any{"status": true, "user": nil}, err
}

// setVerified notes that u has verified the address, and signs in if that is wanted
// and u is not signed in yet. A link that was opened twice at once signs in once.
func (r *Routes) setVerified(ctx context.Context, c *wire.Call, u auth.User) error {
	var s auth.Session
	var who auth.User
	var signedIn, first bool
	var err, keptOut error // the latter of what is kept nevertheless
	if r.Auth.SignInAfterVerification {
		if s, who, signedIn, err = r.Sessions.Read(ctx, c, session.Options{NoCache: true}); err != nil {
			return err
		}
	}
	err = r.change(ctx, u.ID, func(q store.Queries, _ pgx.Tx, now auth.User) error {
		first, keptOut = false, nil
		if now.EmailVerified {
			return nil
		}
		if now.Email != u.Email {
			return invalidToken(http.StatusUnauthorized)
		}
		first = true
		u, _, err = q.UpdateUser(ctx, u.ID, store.UserChange{EmailVerified: new(true)}, time.Now())
		if err != nil || !r.Auth.SignInAfterVerification || (signedIn && who.ID == u.ID) {
			return err
		}
		s, err = r.Sessions.Begin(ctx, q, c, u.ID, true)
		if refused, ok := errors.AsType[*wire.Error](err); ok {
			keptOut, err = refused, nil
		}
		return err
	})
	if err == nil {
		err = keptOut
	}
	if err == nil && first && r.Auth.SignInAfterVerification {
		r.Sessions.SetCookies(c, s, u, nil)
	}
	return err
}
