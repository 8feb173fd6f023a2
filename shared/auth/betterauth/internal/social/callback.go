package social

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"switchyard/internal/oidc"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// flowError is why a flow ended in vain, in a word that the page it leads to knows.
type flowError struct{ code, description string }

// Error implements error.
func (e *flowError) Error() string { return e.code }

// refuse returns a *flowError.
func refuse(code string) error { return &flowError{code: code} }

// forward is POST /callback/{param}: some providers answer with a form, sent
// from their own page. A browser leaves cookies out of it, but sends them with the
// GET that follows.
func (r *Routes) forward(_ context.Context, c *wire.Call) (any, error) {
	params := url.Values{}
	for _, name := range answerFields() {
		for _, from := range []wire.Values{c.Body, c.Query} {
			if from.Has(name) {
				params.Set(name, from.Text(name))
			}
		}
	}
	return wire.Redirect(r.base + "/callback/" + c.Param + "?" + params.Encode()), nil
}

// callback is GET /callback/{param}: a provider sends somebody back.
func (r *Routes) callback(ctx context.Context, c *wire.Call) (any, error) {
	f, to, err := r.finish(ctx, c)
	failed, ok := errors.AsType[*flowError](err)
	if !ok {
		return wire.Redirect(to), err
	}
	page := f.ErrorURL
	if page == "" {
		page = r.base + "/error"
	}
	params := url.Values{"error": {failed.code}}
	if failed.description != "" {
		params.Set("error_description", failed.description)
	}
	return wire.Redirect(withQuery(page, params)), nil
}

// withQuery adds parameters to u, before its fragment, and leaves the rest as it is.
func withQuery(u string, params url.Values) string {
	u, fragment, hasFragment := strings.Cut(u, "#")
	switch {
	case !strings.Contains(u, "?"):
		u += "?"
	case !strings.HasSuffix(u, "?") && !strings.HasSuffix(u, "&"):
		u += "&"
	}
	u += params.Encode()
	if hasFragment {
		u += "#" + fragment
	}
	return u
}

// finish ends a flow and returns where to go.
func (r *Routes) finish(ctx context.Context, c *wire.Call) (f flow, to string, err error) {
	state := c.Query.Text("state")
	if state == "" {
		return f, "", refuse("state_not_found")
	}
	if f, err = r.take(ctx, c, state); err != nil {
		return f, "", err
	}
	code := c.Query.Text("code")
	if said := c.Query.Text("error"); said != "" {
		return f, "", &flowError{said, c.Query.Text("error_description")}
	}
	if code == "" {
		return f, "", refuse("no_code")
	}
	p, ok := r.provider(c.Param)
	if !ok {
		return f, "", refuse("oauth_provider_not_found")
	}
	t, who, err := r.meet(ctx, p, code, f.CodeVerifier)
	if err != nil {
		return f, "", err
	}
	to, err = r.land(ctx, c, f, who, p, t)
	return f, to, err
}

// meet asks the provider who somebody is. What goes wrong there is reported, and
// ends the flow with no more than a word.
func (r *Routes) meet(ctx context.Context, p provider, code, verifier string) (tokens, person, error) {
	asking, cancel := context.WithTimeout(ctx, oidc.Patience)
	defer cancel()
	t, err := r.exchange(asking, p, code, verifier)
	if err != nil {
		fn.Report(ctx, err)
		return t, person{}, refuse("invalid_code")
	}
	who, err := p.person(asking, t)
	if err != nil {
		fn.Report(ctx, err)
		return t, who, refuse("unable_to_get_user_info")
	}
	return t, who, nil
}

// land signs in whom the provider named, or links the account, and returns where to
// go.
func (r *Routes) land(ctx context.Context, c *wire.Call, f flow, who person, p provider, t tokens) (string, error) {
	account := t.account(p.id(), who.id)
	if f.Link != nil {
		return f.CallbackURL, r.link(ctx, *f.Link, who, account)
	}
	if who.email == "" {
		return "", refuse("email_not_found")
	}
	in, err := r.signIn(ctx, c, who, account, f.CallbackURL)
	if fault.Is(err, fault.Invalid) { // the provider's text is none for a database
		fn.Report(ctx, err)
		err = refuse("unable_to_create_user")
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok { // of somebody who is kept out
		err = &flowError{refused.Code, refused.Message}
	}
	if err != nil {
		return "", err
	}
	if in.isNew && f.NewUserURL != "" {
		return f.NewUserURL, nil
	}
	return f.CallbackURL, nil
}
