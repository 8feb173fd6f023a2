package social

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// How long somebody may stay with a provider. The cookie, which binds the flow to
// the browser that began it, is the stricter of the two.
const (
	flowLife    = 10 * time.Minute
	cookieLife  = 5 * time.Minute
	stateCookie = "state"
)

// flow is a sign-in or a linking that is under way. Its JSON is Better Auth's, kept
// under "auth-state:<state>" in the table verification.
type flow struct {
	CallbackURL   string `json:"callbackURL"`
	CodeVerifier  string `json:"codeVerifier"`
	ErrorURL      string `json:"errorURL,omitempty"`
	NewUserURL    string `json:"newUserURL,omitempty"`
	Link          *link  `json:"link,omitempty"` // nil to sign in
	ExpiresAt     int64  `json:"expiresAt"`      // milliseconds since 1970
	RequestSignUp *bool  `json:"requestSignUp,omitempty"`
	State         string `json:"oauthState,omitempty"`
}

// link is to whom an account is to be linked.
type link struct {
	UserID string `json:"userId"`
	Email  string `json:"email"`
	// EncryptedSessionToken is the session that asked for it; see
	// seal.Keyring.EncryptLink. Older flows have none.
	EncryptedSessionToken string `json:"encryptedSessionToken,omitempty"`
}

// encode returns f as JSON, with the caller's data as far as it does not pretend to
// be ours.
func (f flow) encode(data map[string]any) (string, error) {
	all := map[string]any{}
	maps.Copy(all, data)
	for _, name := range []string{
		"callbackURL", "codeVerifier", "errorURL", "newUserURL", "link", "expiresAt",
		"requestSignUp", "oauthState", "idTokenNonce", "serverContext",
	} {
		delete(all, name)
	}
	own, err := json.Marshal(f)
	if err == nil {
		err = json.Unmarshal(own, &all)
	}
	if err != nil {
		return "", fmt.Errorf("encode an OAuth state: %w", err)
	}
	text, err := json.Marshal(all)
	return string(text), err
}

func decodeFlow(text string) (flow, error) {
	var f flow
	if err := json.Unmarshal([]byte(text), &f); err != nil || f.CallbackURL == "" || f.CodeVerifier == "" || f.ExpiresAt == 0 {
		return flow{}, refuse("internal_server_error")
	}
	return f, nil
}

func identifier(state string) string { return "auth-state:" + state }

// open keeps a new flow as the body of c describes it, and binds it to the browser.
func (r *Routes) open(ctx context.Context, c *wire.Call, to *link) (flow, error) {
	now := time.Now()
	f := flow{
		CallbackURL:  c.Body.Text("callbackURL"),
		CodeVerifier: seal.State(128),
		ErrorURL:     c.Body.Text("errorCallbackURL"),
		NewUserURL:   c.Body.Text("newUserCallbackURL"),
		Link:         to,
		ExpiresAt:    now.Add(flowLife).UnixMilli(),
		State:        seal.State(32),
	}
	if f.CallbackURL == "" {
		f.CallbackURL = r.origin
	}
	if asked, ok := c.Body["requestSignUp"].(bool); ok {
		f.RequestSignUp = &asked
	}
	data, _ := c.Body["additionalData"].(map[string]any)
	text, err := f.encode(data)
	if err != nil {
		return flow{}, err
	}
	if err := r.Store.AddVerification(ctx, identifier(f.State), text, now, now.Add(flowLife)); err != nil {
		return flow{}, err
	}
	r.Sessions.SetSigned(c, stateCookie, f.State, cookieLife)
	return f, nil
}

// take ends the flow with this state and returns it: of several callers at once, to
// one. Another browser than the one that began it leaves it as it is. With a
// *flowError comes the flow as far as it is known, for its ErrorURL.
func (r *Routes) take(ctx context.Context, c *wire.Call, state string) (flow, error) {
	mismatch := refuse("state_mismatch")
	now := time.Now()
	text, ok, err := r.Store.Verification(ctx, identifier(state), now)
	if err != nil {
		return flow{}, err
	}
	if !ok {
		return flow{}, mismatch
	}
	f, err := decodeFlow(text)
	if err != nil {
		return flow{}, err
	}
	cookie, signed := r.Sessions.Signed(c, stateCookie)
	if !signed || cookie != state || (f.State != "" && f.State != state) {
		return f, mismatch
	}
	r.Sessions.Expire(c, stateCookie)
	if _, ok, err = r.Store.TakeVerification(ctx, identifier(state), now); err != nil {
		return flow{}, err
	}
	if !ok || now.UnixMilli() > f.ExpiresAt {
		return f, mismatch
	}
	return f, nil
}
