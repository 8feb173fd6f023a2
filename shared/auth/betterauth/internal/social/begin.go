package social

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"golang.org/x/oauth2"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// signInSocial is POST /sign-in/social.
func (r *Routes) signInSocial(ctx context.Context, c *wire.Call) (any, error) {
	return r.use(ctx, c, r.signInByToken, r.SignIn)
}

// linkSocial is POST /link-social.
func (r *Routes) linkSocial(ctx context.Context, c *wire.Call) (any, error) {
	return r.use(ctx, c, r.linkByToken, r.Link)
}

// use uses the id token of the body if it has one, else it sends the browser to the
// provider, whose page begin returns.
func (r *Routes) use(
	ctx context.Context, c *wire.Call,
	token func(context.Context, *wire.Call, provider, wire.Values) (any, error), begin func(context.Context, *wire.Call) (string, error),
) (any, error) {
	p, err := r.chosen(c)
	if err != nil {
		return nil, err
	}
	if id, ok := c.Body["idToken"].(map[string]any); ok {
		return token(ctx, c, p, wire.Values(id))
	}
	url, err := begin(ctx, c)
	if err != nil {
		return nil, err
	}
	redirect := !c.Body.Bool("disableRedirect", false)
	if redirect {
		c.Header.Set("Location", url)
	}
	return map[string]any{"url": url, "redirect": redirect}, nil
}

// SignIn begins to sign in with a provider, and returns the URL of the provider's page
// to which the browser goes.
func (r *Routes) SignIn(ctx context.Context, c *wire.Call) (string, error) {
	return r.begin(ctx, c, nil)
}

// Link does so to link an account there to the user.
func (r *Routes) Link(ctx context.Context, c *wire.Call) (string, error) {
	return r.begin(ctx, c, &link{
		UserID:                c.User.ID,
		Email:                 c.User.Email,
		EncryptedSessionToken: r.Keys.EncryptLink(c.Session.Token),
	})
}

// chosen returns the provider that the body names.
func (r *Routes) chosen(c *wire.Call) (provider, error) {
	p, ok := r.provider(c.Body.Text("provider"))
	if !ok {
		return nil, wire.Fail(http.StatusNotFound, "PROVIDER_NOT_FOUND", "Provider not found")
	}
	return p, nil
}

// begin opens a flow with the provider that the body names; to is nil unless an account
// is to be linked.
func (r *Routes) begin(ctx context.Context, c *wire.Call, to *link) (url string, err error) {
	p, err := r.chosen(c)
	if err != nil {
		return "", err
	}
	params, err := extra(c.Body)
	if err != nil {
		return "", err
	}
	f, err := r.open(ctx, c, to)
	if err != nil {
		return "", err
	}
	return r.authorizeURL(p, f, c.Body, params), nil
}

// authorizeURL returns where the provider asks whether we may know who somebody is.
func (r *Routes) authorizeURL(p provider, f flow, body wire.Values, params map[string]any) string {
	config := p.oauth()
	config.RedirectURL = r.callbackURL(p)
	config.Scopes = append(slices.Clone(config.Scopes), texts(body["scopes"])...)

	values := map[string]string{}
	if hint := body.Text("loginHint"); hint != "" {
		values["login_hint"] = hint
	}
	maps.Copy(values, p.params())
	for name, value := range params {
		values[name], _ = value.(string)
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(f.CodeVerifier)}
	for name, value := range values {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return config.AuthCodeURL(f.State, options...)
}

// callbackURL is where p sends people back to.
func (r *Routes) callbackURL(p provider) string { return r.base + "/callback/" + p.id() }
