package social

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/config"
)

// provider is a place where people have accounts.
type provider interface {
	id() string
	// oauth returns our client there, its endpoints and the scopes that are always
	// asked for. The URL to come back to is the caller's to set.
	oauth() oauth2.Config
	// params returns what its authorize URL has besides the standard's parameters.
	params() map[string]string
	// person returns who gave us the tokens.
	person(ctx context.Context, t tokens) (person, error)
}

// idTokenVerifier is a provider whose id tokens sign in by themselves.
type idTokenVerifier interface {
	// verify returns nil if the provider issued the token to us, lately; and for
	// this nonce, unless it is "".
	verify(ctx context.Context, token, nonce string) error
}

// person is who somebody is with a provider.
type person struct {
	id            string // the account's id there
	name          string
	email         string // as the provider writes it; "" if it does not tell
	emailVerified bool
	image         *string
	profile       map[string]any // all that the provider said
}

// picture returns the image, or nil if its URL is longer than one may be.
func (p person) picture() *string {
	if p.image != nil && wire.Length(*p.image) > wire.MaxImage {
		return nil
	}
	return p.image
}

// providers returns those that are on.
func providers(c config.Social, client *http.Client) []provider {
	var list []provider
	if c.GitHubID != "" && c.GitHubSecret != "" {
		list = append(list, newGitHub(c, client))
	}
	if c.GoogleID != "" && c.GoogleSecret != "" {
		list = append(list, newGoogle(c, client))
	}
	return list
}

// Provider is what is public of a provider that is on.
type Provider struct {
	ID     string // "github"
	Origin string // of the page where it signs people in: "https://github.com"
}

// Providers returns those that are on.
func (r *Routes) Providers() []Provider { return r.public }

// describe returns what is public of a provider.
func describe(p provider) Provider {
	page, err := url.Parse(p.oauth().Endpoint.AuthURL)
	if err != nil {
		panic("social: the URL of a provider is checked when the environment is read: " + err.Error())
	}
	return Provider{ID: p.id(), Origin: page.Scheme + "://" + page.Host}
}

// provider returns the provider with this id.
func (r *Routes) provider(id string) (provider, bool) {
	for _, p := range r.providers {
		if p.id() == id {
			return p, true
		}
	}
	return nil, false
}

// errNobody is that a provider does not say whose account it is.
func errNobody() error { return errors.New("the provider does not say whose account it is") }

// textOrNil returns s, nil if it is "".
func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
