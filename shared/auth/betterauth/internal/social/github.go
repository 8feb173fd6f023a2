package social

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"golang.org/x/oauth2"

	"switchyard/internal/oidc"
	"switchyard/shared/config"
)

// github is GitHub, or a GitHub Enterprise server. See
// https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
type github struct {
	config oauth2.Config
	api    string
	client *http.Client
}

func newGitHub(c config.Social, client *http.Client) github {
	return github{
		config: oauth2.Config{
			ClientID:     c.GitHubID,
			ClientSecret: c.GitHubSecret.Reveal(),
			Scopes:       []string{"read:user", "user:email"},
			Endpoint: oauth2.Endpoint{
				AuthURL:   c.GitHubURL.String() + "/login/oauth/authorize",
				TokenURL:  c.GitHubURL.String() + "/login/oauth/access_token",
				AuthStyle: oauth2.AuthStyleInParams,
			},
		},
		api:    c.GitHubAPI.String(),
		client: client,
	}
}

func (github) id() string                { return "github" }
func (g github) oauth() oauth2.Config    { return g.config }
func (github) params() map[string]string { return nil }

// person implements provider. GitHub says in a list of its own which addresses it
// has verified. If that cannot be had, none is.
func (g github) person(ctx context.Context, t tokens) (person, error) {
	var raw json.RawMessage
	if err := oidc.Get(ctx, g.client, g.api+"/user", t.access, &raw); err != nil {
		return person{}, err
	}
	var user struct {
		ID     int64   `json:"id"`
		Login  string  `json:"login"`
		Name   string  `json:"name"`
		Email  string  `json:"email"`
		Avatar *string `json:"avatar_url"`
	}
	var profile map[string]any
	if err := unmarshal(raw, &user, &profile); err != nil {
		return person{}, err
	}
	if user.ID == 0 {
		return person{}, errNobody()
	}
	p := person{
		id: strconv.FormatInt(user.ID, 10), name: cmp.Or(user.Name, user.Login),
		email: user.Email, image: user.Avatar, profile: profile,
	}
	var known addresses
	if err := oidc.Get(ctx, g.client, g.api+"/user/emails", t.access, &known); err == nil {
		p.email, p.emailVerified = known.choose(user.Email)
	}
	profile["email"] = textOrNil(p.email)
	return p, nil
}

// addresses are those that a GitHub user has.
type addresses []struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// choose returns the address to go by, and whether it is verified: the public one
// if there is one, else the primary one, else the first.
func (a addresses) choose(public string) (email string, verified bool) {
	email = public
	for _, address := range a {
		if email == "" && address.Primary {
			email = address.Email
		}
	}
	if email == "" && len(a) > 0 {
		email = a[0].Email
	}
	for _, address := range a {
		if address.Email == email {
			return email, address.Verified
		}
	}
	return email, false
}

// unmarshal reads the same JSON in several shapes.
func unmarshal(raw []byte, dest ...any) error {
	for _, d := range dest {
		if err := json.Unmarshal(raw, d); err != nil {
			return err
		}
	}
	return nil
}
