package social

import (
	"context"
	"net/http"
	"time"

	"switchyard/internal/oidc"
	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fn"
)

// accessMargin is how long an access token must last to be given out without
// asking for another.
const accessMargin = 5 * time.Second

// getAccessToken is POST /get-access-token.
func (r *Routes) getAccessToken(ctx context.Context, c *wire.Call) (any, error) {
	a, err := r.account(ctx, c, c.Body)
	if err != nil {
		return nil, err
	}
	p, err := r.supported(a)
	if err != nil {
		return nil, err
	}
	if a, err = r.fresh(ctx, p, a); err != nil {
		return nil, err
	}
	answer := map[string]any{"accessToken": textOf(a.AccessToken), "scopes": a.Scopes()}
	if a.AccessTokenExpiresAt != nil {
		answer["accessTokenExpiresAt"] = wire.Time(*a.AccessTokenExpiresAt)
	}
	if a.IDToken != nil {
		answer["idToken"] = *a.IDToken
	}
	return answer, nil
}

// refreshToken is POST /refresh-token.
func (r *Routes) refreshToken(ctx context.Context, c *wire.Call) (any, error) {
	a, err := r.account(ctx, c, c.Body)
	if err != nil {
		return nil, err
	}
	p, err := r.supported(a)
	if err != nil {
		return nil, err
	}
	if textOf(a.RefreshToken) == "" {
		return nil, bad("REFRESH_TOKEN_NOT_FOUND", "Refresh token not found")
	}
	t, a, err := r.refresh(ctx, p, a, bad("FAILED_TO_REFRESH_ACCESS_TOKEN", "Failed to refresh access token"))
	if err != nil {
		return nil, err
	}
	answer := map[string]any{
		"accessToken":           t.access,
		"refreshToken":          t.refresh,
		"refreshTokenExpiresAt": (*wire.Time)(a.RefreshTokenExpiresAt),
		"scope":                 a.Scope,
		"idToken":               a.IDToken,
		"providerId":            a.ProviderID,
		"accountId":             a.ID,
	}
	if !t.accessEnds.IsZero() {
		answer["accessTokenExpiresAt"] = wire.Time(t.accessEnds)
	}
	return answer, nil
}

// accountInfo is GET /account-info.
func (r *Routes) accountInfo(ctx context.Context, c *wire.Call) (any, error) {
	a, err := r.account(ctx, c, c.Query)
	if err != nil {
		return nil, err
	}
	p, ok := r.provider(a.ProviderID)
	if !ok {
		return nil, bad("PROVIDER_NOT_CONFIGURED", "Account is not associated with a configured social provider.")
	}
	if a, err = r.fresh(ctx, p, a); err != nil {
		return nil, err
	}
	if textOf(a.AccessToken) == "" {
		return nil, bad("ACCESS_TOKEN_NOT_FOUND", "Access token not found")
	}
	asking, cancel := context.WithTimeout(ctx, oidc.Patience)
	defer cancel()
	who, err := p.person(asking, tokens{access: *a.AccessToken, id: textOf(a.IDToken)})
	if err != nil {
		fn.Report(ctx, err)
		return nil, unauthorized("FAILED_TO_GET_USER_INFO", "Failed to get user info")
	}
	return map[string]any{
		"user": map[string]any{
			"name": who.name, "email": textOrNil(who.email), "image": who.image, "emailVerified": who.emailVerified,
		},
		"data":    who.profile,
		"account": map[string]any{"id": a.ID, "providerId": a.ProviderID, "accountId": a.AccountID},
	}, nil
}

// account returns the account that selection names, of the user who calls. Tokens
// are worth a look into the database: whoever was signed out gets none.
func (r *Routes) account(ctx context.Context, c *wire.Call, selection wire.Values) (store.Account, error) {
	u, err := r.caller(ctx, c)
	if err != nil {
		return store.Account{}, err
	}
	list, err := r.Store.Accounts(ctx, u.ID)
	if err != nil {
		return store.Account{}, err
	}
	for _, a := range list {
		if a.ID == selection.Text("accountId") {
			return a, nil
		}
	}
	return store.Account{}, accountNotFound()
}

// caller returns who calls, or fails with 401 and, other than a guard, no body.
func (r *Routes) caller(ctx context.Context, c *wire.Call) (auth.User, error) {
	_, u, ok, err := r.Sessions.Find(ctx, c, session.Options{NoCache: true})
	if err != nil {
		return u, err
	}
	if !ok {
		return u, unauthorized("", "")
	}
	return u, nil
}

// supported returns the provider of an account.
func (r *Routes) supported(a store.Account) (provider, error) {
	p, ok := r.provider(a.ProviderID)
	if !ok {
		return nil, bad("PROVIDER_NOT_SUPPORTED", "Provider "+a.ProviderID+" is not supported.")
	}
	return p, nil
}

// fresh returns the account with an access token that is still good, as far as its
// provider tells and has given a refresh token.
func (r *Routes) fresh(ctx context.Context, p provider, a store.Account) (store.Account, error) {
	if textOf(a.RefreshToken) == "" || a.AccessTokenExpiresAt == nil || time.Until(*a.AccessTokenExpiresAt) >= accessMargin {
		return a, nil
	}
	_, a, err := r.refresh(ctx, p, a, bad("FAILED_TO_GET_ACCESS_TOKEN", "Failed to get a valid access token"))
	return a, err
}

// refresh renews the tokens of a, there and here. It fails with refused if the
// provider does not want to.
func (r *Routes) refresh(ctx context.Context, p provider, a store.Account, refused error) (tokens, store.Account, error) {
	asking, cancel := context.WithTimeout(ctx, oidc.Patience)
	defer cancel()
	t, err := r.renew(asking, p, *a.RefreshToken)
	if err != nil {
		fn.Report(ctx, err)
		return t, a, refused
	}
	renewed := t.account(a.ProviderID, a.AccountID)
	renewed.ID, renewed.Scope = a.ID, nil // what was renewed may be less than what was granted
	a, ok, err := r.Store.UpdateTokens(ctx, renewed, time.Now())
	if err == nil && !ok {
		err = accountNotFound()
	}
	return t, a, err
}

func bad(code, message string) error { return wire.Fail(http.StatusBadRequest, code, message) }

func accountNotFound() error { return bad("ACCOUNT_NOT_FOUND", "Account not found") }

// textOf returns what s points to, "" if it is nil.
func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
