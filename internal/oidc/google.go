package oidc

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// How old an id token of Google may be.
const (
	maxAge = time.Hour
	leeway = 30 * time.Second // between Google's clock and ours
)

// GoogleClaims are the claims of an id token of Google.
// See https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
type GoogleClaims struct {
	jwt.Claims
	Nonce    string `json:"nonce"`
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // a bool; it has been a text
}

// EmailVerified reports whether Google vouches for Email.
func (c GoogleClaims) EmailVerified() bool { return c.Verified == true || c.Verified == "true" }

// VerifyGoogle returns the claims of an id token. It fails unless Google has issued the token
// for the audience, and lately, and one of keys has signed it.
func VerifyGoogle(ctx context.Context, keys *Keys, text, audience string) (GoogleClaims, error) {
	token, err := Parse(text)
	if err != nil {
		return GoogleClaims{}, err
	}
	found, err := keys.find(ctx, token.Headers[0].KeyID)
	if err != nil {
		return GoogleClaims{}, err
	}
	for _, key := range found {
		var claims GoogleClaims
		if err := token.Claims(key, &claims); err == nil {
			return claims, claims.check(audience, time.Now())
		}
	}
	return GoogleClaims{}, errors.New("google: none of its keys signed the id token")
}

// Parse reads an id token without verifying it. It accepts only the algorithms that we choose,
// so that a token cannot choose one itself ("none", or HMAC with a public key as its secret).
func Parse(text string) (*jwt.JSONWebToken, error) {
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, errors.New("google: the id token is none") // the cause may quote it
	}
	return token, nil
}

func (c GoogleClaims) check(audience string, now time.Time) error {
	issuers := []string{"https://accounts.google.com", "accounts.google.com"}
	switch {
	case c.Subject == "" || c.Expiry == nil || c.IssuedAt == nil:
		return errors.New("google: the id token lacks a claim")
	case !slices.Contains(issuers, c.Issuer):
		return errors.New("google: the id token has another issuer")
	case now.Sub(c.IssuedAt.Time()) > maxAge+leeway:
		return errors.New("google: the id token is too old")
	}
	return c.ValidateWithLeeway(jwt.Expected{AnyAudience: jwt.Audience{audience}, Time: now}, leeway)
}
