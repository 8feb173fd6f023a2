package social

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"switchyard/shared/auth/betterauth/internal/store"
)

// tokens are what a provider gives out.
type tokens struct {
	access, refresh, id     string    // "" if there is none
	accessEnds, refreshEnds time.Time // zero if the provider does not tell
	scope                   string    // what they are good for, joined by ","
}

// exchange trades a code for tokens.
func (r *Routes) exchange(ctx context.Context, p provider, code, verifier string) (tokens, error) {
	c := p.oauth()
	c.RedirectURL = r.callbackURL(p)
	t, err := c.Exchange(clientContext(ctx, r.client), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return tokens{}, fmt.Errorf("%s: exchange a code: %w", p.id(), harmless(err))
	}
	return tokensOf(t), nil
}

// renew trades a refresh token for new tokens. The refresh token stays the same if
// the provider does not give out another one.
func (r *Routes) renew(ctx context.Context, p provider, refresh string) (tokens, error) {
	c := p.oauth()
	t, err := c.TokenSource(clientContext(ctx, r.client), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return tokens{}, fmt.Errorf("%s: renew tokens: %w", p.id(), harmless(err))
	}
	return tokensOf(t), nil
}

// clientContext is how package oauth2 is told which client to use.
func clientContext(ctx context.Context, client *http.Client) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, client)
}

// harmless returns err without the body of the provider's answer, which may repeat
// what we sent.
func harmless(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("the answer is %s, error %q", e.Response.Status, e.ErrorCode)
	}
	return err
}

func tokensOf(t *oauth2.Token) tokens {
	id, _ := t.Extra("id_token").(string)
	out := tokens{access: t.AccessToken, refresh: t.RefreshToken, id: id, accessEnds: t.Expiry, scope: scopeOf(t.Extra("scope"))}
	if seconds, ok := t.Extra("refresh_token_expires_in").(float64); ok && seconds > 0 && seconds <= math.MaxInt32 {
		out.refreshEnds = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return out
}

// scopeOf returns the scopes in an answer, joined by ",". They should be text with
// spaces between them; some providers send an array.
func scopeOf(answer any) string {
	text, _ := answer.(string)
	if list := texts(answer); list != nil {
		text = strings.Join(list, " ")
	}
	return strings.Join(strings.Fields(text), ",")
}

// account returns the account with a provider that the tokens are for.
func (t tokens) account(providerID, accountID string) store.Account {
	return store.Account{
		ProviderID:            providerID,
		AccountID:             accountID,
		AccessToken:           textOrNil(t.access),
		RefreshToken:          textOrNil(t.refresh),
		IDToken:               textOrNil(t.id),
		AccessTokenExpiresAt:  timeOrNil(t.accessEnds),
		RefreshTokenExpiresAt: timeOrNil(t.refreshEnds),
		Scope:                 &t.scope,
	}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
