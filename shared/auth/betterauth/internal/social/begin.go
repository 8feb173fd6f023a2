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
	p, err := r.chosen(c)
	if err != nil {
		return nil, err
	}
	if id, ok := c.Body["idToken"].(map[string]any); ok {
		return r.signInByToken(ctx, c, p, wire.Values(id))
	}
	return r.begin(ctx, c, p, nil)
}

// linkSocial is POST /link-social.
func (r *Routes) linkSocial(ctx context.Context, c *wire.Call) (any, error) {
	p, err := r.chosen(c)
	if err != nil {
		return nil, err
	}
	if id, ok := c.Body["idToken"].(map[string]any); ok {
		return r.linkByToken(ctx, c, p, wire.Values(id))
	}
	return r.begin(ctx, c, p, &link{
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

// begin sends the browser to the provider.
func (r *Routes) begin(ctx context.Context, c *wire.Call, p provider, to *link) (any, error) {
	params, err := extra(c.Body)
	if err != nil {
		return nil, err
	}
	f, err := r.open(ctx, c, to)
	if err != nil {
		return nil, err
	}
	url := r.authorizeURL(p, f, c.Body, params)
	redirect := !c.Body.Bool("disableRedirect", false)
	if redirect {
		c.Header.Set("Location", url)
	}
	return map[string]any{"url": url, "redirect": redirect}, nil
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
