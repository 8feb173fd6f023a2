package social

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"switchyard/internal/oidc"
	"switchyard/shared/config"
)

// google is Google. See https://developers.google.com/identity/openid-connect/openid-connect
type google struct {
	config oauth2.Config
	keys   *oidc.Keys
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
		keys: oidc.NewKeys(client, c.GoogleKeys.String()),
	}
}

func (google) id() string                { return "google" }
func (g google) oauth() oauth2.Config    { return g.config }
func (google) params() map[string]string { return map[string]string{"include_granted_scopes": "true"} }

// person implements provider. It believes the id token: either it came from Google
// itself, by TLS, or verify has looked at it.
func (g google) person(_ context.Context, t tokens) (person, error) {
	token, err := oidc.Parse(t.id)
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
	claims, err := oidc.VerifyGoogle(ctx, g.keys, text, g.config.ClientID)
	if err == nil && nonce != "" && claims.Nonce != nonce {
		err = errors.New("google: the id token has another nonce")
	}
	return err
}
