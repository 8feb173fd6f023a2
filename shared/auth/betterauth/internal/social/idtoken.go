package social

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"switchyard/internal/oidc"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fn"
)

// signInByToken signs in whom an id token names, which an app got from the provider
// by itself.
func (r *Routes) signInByToken(ctx context.Context, c *wire.Call, p provider, id wire.Values) (any, error) {
	who, account, err := r.introduce(ctx, p, id)
	if err != nil {
		return nil, err
	}
	account.RefreshToken = nil
	in, err := r.signIn(ctx, c, who, account, c.Body.Text("callbackURL"))
	if failed, ok := errors.AsType[*flowError](err); ok {
		if failed.code == "email_not_verified" {
			return nil, wire.Fail(http.StatusForbidden, "EMAIL_NOT_VERIFIED", "Email not verified")
		}
		return nil, unauthorized("OAUTH_LINK_ERROR", strings.ReplaceAll(failed.code, "_", " "))
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"redirect": false, "token": in.session.Token, "user": wire.User(in.user)}, nil
}

// linkByToken links the account that an id token is about.
func (r *Routes) linkByToken(ctx context.Context, c *wire.Call, p provider, id wire.Values) (any, error) {
	who, account, err := r.introduce(ctx, p, id)
	if err != nil {
		return nil, err
	}
	known, ok, err := r.Store.AccountOf(ctx, account.ProviderID, account.AccountID)
	if err != nil {
		return nil, err
	}
	if !ok || known.UserID != c.User.ID {
		switch {
		case ok:
			return nil, alreadyLinked()
		case !who.emailVerified:
			return nil, unauthorized("LINKING_NOT_ALLOWED", "Account not linked - linking not allowed")
		case !strings.EqualFold(who.email, c.User.Email):
			return nil, unauthorized("LINKING_DIFFERENT_EMAILS_NOT_ALLOWED", "Account not linked - different emails not allowed")
		}
	}
	err = r.attach(ctx, c.User.ID, account)
	if _, ok := errors.AsType[*flowError](err); ok {
		return nil, alreadyLinked()
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"url": "", "status": true, "redirect": false}, nil
}

// introduce returns whom an id token names, once it is verified, and the account
// that it is about.
func (r *Routes) introduce(ctx context.Context, p provider, id wire.Values) (person, store.Account, error) {
	v, ok := p.(idTokenVerifier)
	if !ok {
		return person{}, store.Account{}, wire.Fail(http.StatusNotFound, "ID_TOKEN_NOT_SUPPORTED", "id_token not supported")
	}
	t := tokens{access: id.Text("accessToken"), refresh: id.Text("refreshToken"), id: id.Text("token")}
	asking, cancel := context.WithTimeout(ctx, oidc.Patience)
	defer cancel()
	if err := v.verify(asking, t.id, id.Text("nonce")); err != nil {
		fn.Report(ctx, err)
		return person{}, store.Account{}, unauthorized("INVALID_TOKEN", "Invalid token")
	}
	who, err := p.person(asking, t)
	if err != nil {
		fn.Report(ctx, err)
		return person{}, store.Account{}, unauthorized("FAILED_TO_GET_USER_INFO", "Failed to get user info")
	}
	if who.email == "" {
		return person{}, store.Account{}, unauthorized("USER_EMAIL_NOT_FOUND", "User email not found")
	}
	account := t.account(p.id(), who.id)
	account.Scope = nil // an id token does not tell
	return who, account, nil
}

func unauthorized(code, message string) error {
	return wire.Fail(http.StatusUnauthorized, code, message)
}

func alreadyLinked() error {
	return wire.Fail(http.StatusConflict, "SOCIAL_ACCOUNT_ALREADY_LINKED", "Social account already linked")
}
