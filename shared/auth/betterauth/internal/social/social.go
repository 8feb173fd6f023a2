// Package social signs people in with accounts that they have elsewhere, and links
// such accounts to those they have here: OAuth 2.0 (RFC 6749) with PKCE (RFC 7636),
// as Better Auth does it. A flow that was begun by a Node server ends here, and the
// other way round: what is known of it is in the table verification.
package social

import (
	"net/http"

	"switchyard/internal/oidc"
	"switchyard/shared/auth/betterauth/internal/account"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/session"
	"switchyard/shared/auth/betterauth/internal/store"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/config"
	"switchyard/shared/mail"
)

// Config is what the routes need.
type Config struct {
	Auth     config.Auth
	Keys     *seal.Keyring
	Store    *store.Store
	Sessions *session.Manager
	Mail     *mail.Queue
	Accounts *account.Routes // which know how an address is verified
}

// Routes are the routes of signing in with a provider.
type Routes struct {
	Config

	origin    string // "https://shop.example"
	base      string // where the routes are: origin and wire.BasePath
	client    *http.Client
	providers []provider
	public    []Provider // the same
}

// New returns the routes, with the providers that c names. It asks nothing of them.
func New(c Config) *Routes {
	client := oidc.NewClient()
	origin := c.Auth.URL.String()
	r := &Routes{
		Config:    c,
		origin:    origin,
		base:      origin + wire.BasePath,
		client:    client,
		providers: providers(c.Auth.Social, client),
	}
	for _, p := range r.providers {
		r.public = append(r.public, describe(p))
	}
	return r
}

// Routes returns the routes.
func (r *Routes) Routes() []wire.Route {
	one := selection()
	return []wire.Route{
		{Method: http.MethodPost, Path: "/sign-in/social", Body: signInBody(), Handle: r.signInSocial},
		{Method: http.MethodGet, Path: "/callback/{param}", Query: answer(), Handle: r.callback},
		{Method: http.MethodPost, Path: "/callback/{param}", Query: answer(), Body: answer(), Form: true, Handle: r.forward},
		{Method: http.MethodPost, Path: "/link-social", Body: linkBody(), Guard: wire.Sensitive, Handle: r.linkSocial},
		{Method: http.MethodPost, Path: "/get-access-token", Body: one, Handle: r.getAccessToken},
		{Method: http.MethodPost, Path: "/refresh-token", Body: one, Handle: r.refreshToken},
		{Method: http.MethodGet, Path: "/account-info", Query: one, Handle: r.accountInfo},
	}
}
