package social

import (
	"net/http"
	"strings"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// signInBody is the body of /sign-in/social.
func signInBody() *wire.Schema {
	person := wire.Field{Name: "user", Kind: wire.Object, Optional: true, Fields: []wire.Field{
		{Name: "name", Kind: wire.Object, Optional: true, Fields: []wire.Field{wire.OptionalText("firstName"), wire.OptionalText("lastName")}},
		wire.OptionalText("email"),
	}}
	return &wire.Schema{Fields: []wire.Field{
		wire.OptionalText("callbackURL"),
		wire.OptionalText("newUserCallbackURL"),
		wire.OptionalText("errorCallbackURL"),
		{Name: "provider", Kind: wire.String, Union: true},
		{Name: "disableRedirect", Kind: wire.Boolean, Optional: true},
		idToken(wire.Field{Name: "expiresAt", Kind: wire.Number, Optional: true}, person),
		{Name: "scopes", Kind: wire.Array, Elem: wire.String, Optional: true},
		{Name: "requestSignUp", Kind: wire.Boolean, Optional: true},
		wire.OptionalText("loginHint"),
		{Name: "additionalParams", Kind: wire.Record, Elem: wire.String, Optional: true},
		{Name: "additionalData", Kind: wire.Record, Optional: true},
	}}
}

// linkBody is the body of /link-social.
func linkBody() *wire.Schema {
	return &wire.Schema{Fields: []wire.Field{
		wire.OptionalText("callbackURL"),
		{Name: "provider", Kind: wire.String, Union: true},
		idToken(),
		{Name: "requestSignUp", Kind: wire.Boolean, Optional: true},
		{Name: "scopes", Kind: wire.Array, Elem: wire.String, Optional: true},
		wire.OptionalText("errorCallbackURL"),
		{Name: "disableRedirect", Kind: wire.Boolean, Optional: true},
		wire.OptionalText("loginHint"),
		{Name: "additionalParams", Kind: wire.Record, Elem: wire.String, Optional: true},
		{Name: "additionalData", Kind: wire.Record, Optional: true},
	}}
}

func idToken(more ...wire.Field) wire.Field {
	return wire.Field{Name: "idToken", Kind: wire.Object, Optional: true, Fields: append([]wire.Field{
		{Name: "token", Kind: wire.String},
		wire.OptionalText("nonce"),
		wire.OptionalText("accessToken"),
		wire.OptionalText("refreshToken"),
	}, more...)}
}

// answer is what a provider sends along when it sends somebody back.
func answer() *wire.Schema {
	s := &wire.Schema{Optional: true}
	for _, name := range answerFields() {
		s.Fields = append(s.Fields, wire.OptionalText(name))
	}
	return s
}

func answerFields() []string {
	return []string{"code", "error", "device_id", "error_description", "state", "user", "iss"}
}

// selection names one account of the caller by its row id. A user's id is allowed
// beside it and means nothing: the session says who calls.
func selection() *wire.Schema {
	return &wire.Schema{Strict: true, Fields: []wire.Field{{Name: "accountId", Kind: wire.String}, wire.OptionalText("userId")}}
}

// extra returns what the body wants in the authorize URL besides. What holds the
// flow together cannot be replaced.
func extra(body wire.Values) (map[string]any, error) {
	reserved := []string{
		"state", "client_id", "redirect_uri", "response_type",
		"code_challenge", "code_challenge_method", "nonce", "scope",
	}
	params, _ := body["additionalParams"].(map[string]any)
	for _, name := range reserved {
		if _, ok := params[name]; ok {
			return nil, wire.Fail(http.StatusBadRequest, "VALIDATION_ERROR",
				"[body.additionalParams] additionalParams cannot include reserved OAuth parameters: "+strings.Join(reserved, ", "))
		}
	}
	return params, nil
}

// texts returns the strings in an array.
func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
