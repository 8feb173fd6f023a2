package social

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"switchyard/shared/config"
)

// What an id token may be to sign somebody in.
const (
	idTokenAge    = time.Hour
	idTokenLeeway = 30 * time.Second // between Google's clock and ours
)

// google is Google. See https://developers.google.com/identity/openid-connect/openid-connect
type google struct {
	config oauth2.Config
	keys   *keySet
}

func newGoogle(c config.Social, client *http.Client) google {
	return google{
		config: oauth2.Config{
			ClientID:     c.GoogleID,
			ClientSecret: c.GoogleSecret.Reveal(),
			Scopes:       []string{"email", "profile", "openid"},
			Endpoint: oauth2.Endpoint{
				AuthURL:   c.GoogleAuth.String(),
				TokenURL:  c.GoogleToken.String(),
				AuthStyle: oauth2.AuthStyleInParams,
			},
		},
		keys: newKeySet(client, c.GoogleKeys.String()),
	}
}

func (google) id() string                { return "google" }
func (g google) oauth() oauth2.Config    { return g.config }
func (google) params() map[string]string { return map[string]string{"include_granted_scopes": "true"} }

// person implements provider. It believes the id token: either it came from Google
// itself, by TLS, or verify has looked at it.
func (g google) person(_ context.Context, t tokens) (person, error) {
	token, err := parseIDToken(t.id)
	if err != nil {
		return person{}, err
	}
	var claims struct {
		Subject  string `json:"sub"`
		Name     string `json:"name"`
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // a bool; it has been a text
		Picture  string `json:"picture"`
	}
	var profile map[string]any
	if err := token.UnsafeClaimsWithoutVerification(&claims, &profile); err != nil {
		return person{}, fmt.Errorf("google: read the id token: %w", err)
	}
	if strings.TrimSpace(claims.Subject) == "" {
		return person{}, errNobody()
	}
	return person{
		id:            claims.Subject,
		name:          claims.Name,
		email:         claims.Email,
		emailVerified: claims.Verified == true || claims.Verified == "true",
		image:         textOrNil(claims.Picture),
		profile:       profile,
	}, nil
}

// verify implements idTokenVerifier.
func (g google) verify(ctx context.Context, text, nonce string) error {
	token, err := parseIDToken(text)
	if err != nil {
		return err
	}
	keys, err := g.keys.find(ctx, token.Headers[0].KeyID)
	if err != nil {
		return err
	}
	for _, key := range keys {
		var claims idClaims
		if err := token.Claims(key, &claims); err == nil {
			return claims.check(g.config.ClientID, nonce, time.Now())
		}
	}
	return errors.New("google: none of its keys signed the id token")
}

// parseIDToken reads the form of an id token. The algorithm is settled here: what
// a token claims about itself ("none", or a public key as an HMAC's secret) counts
// for nothing.
func parseIDToken(text string) (*jwt.JSONWebToken, error) {
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, errors.New("google: the id token is none") // the cause may quote it
	}
	return token, nil
}

// idClaims are the claims of an id token that decide whether it is good.
type idClaims struct {
	jwt.Claims
	Nonce string `json:"nonce"`
}

func (c idClaims) check(audience, nonce string, now time.Time) error {
	issuers := []string{"https://accounts.google.com", "accounts.google.com"}
	switch {
	case c.Subject == "" || c.Expiry == nil || c.IssuedAt == nil:
		return errors.New("google: the id token lacks a claim")
	case !slices.Contains(issuers, c.Issuer):
		return errors.New("google: the id token has another issuer")
	case now.Sub(c.IssuedAt.Time()) > idTokenAge+idTokenLeeway:
		return errors.New("google: the id token is too old")
	case nonce != "" && c.Nonce != nonce:
		return errors.New("google: the id token has another nonce")
	}
	return c.ValidateWithLeeway(jwt.Expected{AnyAudience: jwt.Audience{audience}, Time: now}, idTokenLeeway)
}
