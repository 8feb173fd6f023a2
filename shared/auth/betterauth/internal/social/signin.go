package social

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// entry is who has signed in.
type entry struct {
	user    auth.User
	session auth.Session
	isNew   bool // signed up just now
}

// signIn signs in the user whom an account with a provider belongs to, or makes one,
// and sets the cookies. callbackURL is for the verification mail. It fails with a
// *flowError.
func (r *Routes) signIn(ctx context.Context, c *wire.Call, who person, a store.Account, callbackURL string) (entry, error) {
	var in entry
	var refused error // of what is kept nevertheless
	err := r.Store.InTx(ctx, func(q store.Queries, tx pgx.Tx) error {
		refused = nil
		if err := q.LockAccount(ctx, a.ProviderID, a.AccountID); err != nil {
			return err
		}
		var err error
		if in.user, in.isNew, err = r.owner(ctx, q, who, a); err != nil {
			return err
		}
		if err := r.askToVerify(ctx, tx, in, callbackURL); err != nil {
			return err
		}
		if r.Auth.RequireVerifiedEmail && !in.user.EmailVerified {
			refused = refuse("email_not_verified")
			return nil
		}
		in.session, err = r.Sessions.Begin(ctx, q, c, in.user.ID, true)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return entry{}, err
	}
	r.Sessions.SetCookies(c, in.session, in.user, nil)
	return in, nil
}

// owner returns the user whom the account a belongs to, with the account's tokens
// stored: who has it already; else who has the address, if both sides have verified
// it; else a new user.
func (r *Routes) owner(ctx context.Context, q store.Queries, who person, a store.Account) (u auth.User, isNew bool, err error) {
	known, ok, err := q.AccountOf(ctx, a.ProviderID, a.AccountID)
	if err != nil {
		return u, false, err
	}
	if ok {
		u, err = r.known(ctx, q, who, a, known)
		return u, false, err
	}
	email := strings.ToLower(who.email)
	u, ok, err = q.UserByEmail(ctx, email)
	if err != nil {
		return u, false, err
	}
	now := time.Now()
	if !ok {
		u = auth.User{
			ID: seal.ID(), Name: wire.Clip(who.name, wire.MaxName), Email: email, EmailVerified: who.emailVerified, Image: who.picture(),
			CreatedAt: now, UpdatedAt: now,
		}
		if isNew, err = q.CreateUser(ctx, u); err != nil {
			return u, false, err
		}
		if !isNew { // somebody was faster: signed up by another way, at the same time
			if u, ok, err = q.UserByEmail(ctx, email); err != nil || !ok {
				return u, false, orRefuse(err, "unable_to_create_user")
			}
		}
	}
	if !isNew && (!who.emailVerified || !u.EmailVerified) {
		return u, false, refuse("account_not_linked")
	}
	return u, isNew, addAccount(ctx, q, a, u.ID, now)
}

// known returns the user who has the account already. Its scope stays: a sign-in
// may ask for less than was granted before.
func (r *Routes) known(ctx context.Context, q store.Queries, who person, a, known store.Account) (auth.User, error) {
	u, ok, err := q.UserByID(ctx, known.UserID)
	if err != nil || !ok {
		return u, orRefuse(err, "unable_to_link_account")
	}
	now := time.Now()
	a.ID, a.Scope = known.ID, nil
	if _, _, err := q.UpdateTokens(ctx, a, now); err != nil {
		return u, err
	}
	if !who.emailVerified || u.EmailVerified || strings.ToLower(who.email) != u.Email {
		return u, nil
	}
	u, ok, err = q.UpdateUser(ctx, u.ID, store.UserChange{EmailVerified: &who.emailVerified}, now)
	if err != nil || !ok {
		return u, orRefuse(err, "unable_to_link_account")
	}
	return u, nil
}

// addAccount adds a for a user.
func addAccount(ctx context.Context, q store.Queries, a store.Account, userID string, now time.Time) error {
	a.ID, a.UserID, a.CreatedAt, a.UpdatedAt = seal.ID(), userID, now, now
	return q.CreateAccount(ctx, a)
}

// orRefuse returns err, or a *flowError if it is nil.
func orRefuse(err error, code string) error {
	if err != nil {
		return err
	}
	return refuse(code)
}
