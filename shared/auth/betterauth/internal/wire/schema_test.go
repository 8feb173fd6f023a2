package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth/internal/wire"
)

func signUp() *wire.Schema {
	return &wire.Schema{Loose: true, Fields: []wire.Field{
		{Name: "name", Kind: wire.String},
		{Name: "email", Kind: wire.String, Email: true},
		{Name: "password", Kind: wire.String, MinLen: 1},
		{Name: "image", Kind: wire.String, Optional: true},
		{Name: "rememberMe", Kind: wire.Boolean, Optional: true},
	}}
}

func social() *wire.Schema {
	return &wire.Schema{Fields: []wire.Field{
		{Name: "provider", Kind: wire.String, Union: true},
		{Name: "scopes", Kind: wire.Array, Elem: wire.String, Optional: true},
		{Name: "idToken", Kind: wire.Object, Optional: true, Fields: []wire.Field{
			{Name: "token", Kind: wire.String},
			{Name: "expiresAt", Kind: wire.Number, Optional: true},
		}},
		{Name: "params", Kind: wire.Record, Elem: wire.String, Optional: true},
		{Name: "data", Kind: wire.Record, Optional: true},
	}}
}

// The messages are those of zod 4.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	one := &wire.Schema{Fields: []wire.Field{{Name: "token", Kind: wire.String}}}
	tests := map[string]struct {
		schema *wire.Schema
		where  string
		json   string // "" if there is none
		want   string
	}{
		"no body":      {one, "body", ``, "[body] Invalid input: expected object, received undefined"},
		"null":         {one, "body", `null`, "[body] Invalid input: expected object, received null"},
		"an array":     {one, "body", `[]`, "[body] Invalid input: expected object, received array"},
		"a number":     {one, "body", `1`, "[body] Invalid input: expected object, received number"},
		"missing":      {one, "body", `{}`, "[body.token] Invalid input: expected string, received undefined"},
		"null field":   {one, "body", `{"token":null}`, "[body.token] Invalid input: expected string, received null"},
		"object field": {one, "body", `{"token":{}}`, "[body.token] Invalid input: expected string, received object"},
		"repeated":     {one, "query", `{"token":["a","b"]}`, "[query.token] Invalid input: expected string, received array"},
		"null, though it may be missing": {
			&wire.Schema{Optional: true}, "body", `null`, "[body] Invalid input: expected object, received null",
		},
		"record":         {&wire.Schema{Kind: wire.Record}, "body", `[]`, "[body] Invalid input: expected record, received array"},
		"missing record": {&wire.Schema{Kind: wire.Record}, "body", ``, "[body] Invalid input: expected record, received undefined"},
		"loose": {
			signUp(), "body", `"x"`,
			"[body] Invalid input: expected object, received string; [body] Invalid input: expected record, received string",
		},
		"several, in the schema's order": {
			signUp(), "body", `{"rememberMe":"true","password":"","image":null,"email":"a","name":1}`,
			"[body.name] Invalid input: expected string, received number; [body.email] Invalid email address; " +
				"[body.password] Too small: expected string to have >=1 characters; " +
				"[body.image] Invalid input: expected string, received null; " +
				"[body.rememberMe] Invalid input: expected boolean, received string",
		},
		"too long": {
			&wire.Schema{Fields: []wire.Field{{Name: "name", Kind: wire.String, MaxLen: 3}}}, "body", `{"name":"a😀b"}`,
			"[body.name] Too big: expected string to have <=3 characters",
		},
		"inside of fields": {
			social(), "body", `{"provider":1,"scopes":[1,"a",null],"idToken":{"expiresAt":"x"},"params":{"b":"x","a":1}}`,
			"[body.provider] Invalid input; [body.scopes.0] Invalid input: expected string, received number; " +
				"[body.scopes.2] Invalid input: expected string, received null; " +
				"[body.idToken.token] Invalid input: expected string, received undefined; " +
				"[body.idToken.expiresAt] Invalid input: expected number, received string; " +
				"[body.params.a] Invalid input: expected string, received number",
		},
		"wrong kinds of containers": {
			social(), "body", `{"scopes":{},"idToken":[],"params":[],"data":"x"}`,
			"[body.provider] Invalid input; [body.scopes] Invalid input: expected array, received object; " +
				"[body.idToken] Invalid input: expected object, received array; " +
				"[body.params] Invalid input: expected record, received array; " +
				"[body.data] Invalid input: expected record, received string",
		},
		"strict": {
			&wire.Schema{Strict: true, Fields: []wire.Field{{Name: "accountId", Kind: wire.String}}}, "body", `{"y":1,"x":2}`,
			`[body.accountId] Invalid input: expected string, received undefined; [body] Unrecognized keys: "x", "y"`,
		},
		"strict, one key": {
			&wire.Schema{Strict: true}, "body", `{"x":2}`, `[body] Unrecognized key: "x"`,
		},
		"U+0000":                {one, "body", `{"token":"a\u0000"}`, "[body] Invalid input: a string holds U+0000"},
		"U+0000 deep inside":    {social(), "body", `{"provider":"p","data":{"a":[{"b":"\u0000"}]}}`, "[body] Invalid input: a string holds U+0000"},
		"U+0000 in a name":      {social(), "body", `{"provider":"p","data":{"\u0000":1}}`, "[body] Invalid input: a string holds U+0000"},
		"U+0000 in an odd body": {one, "body", `"\u0000"`, "[body] Invalid input: expected object, received string; [body] Invalid input: a string holds U+0000"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := test.schema.Check(test.where, input(t, test.json))
			refused, ok := errors.AsType[*wire.Error](err)
			if !ok || refused.Status != 400 || refused.Code != "VALIDATION_ERROR" {
				t.Fatalf("Check = %v, %v, want VALIDATION_ERROR", values, err)
			}
			if refused.Message != test.want {
				t.Errorf("the message is\n%s\nwant\n%s", refused.Message, test.want)
			}
		})
	}
}

func TestCheckKeepsFields(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		schema *wire.Schema
		json   string
		want   string
	}{
		"other keys are left out":  {social(), `{"provider":"github","id":"x","data":{"a":[1]}}`, `{"data":{"a":[1]},"provider":"github"}`},
		"other keys of a record":   {&wire.Schema{Kind: wire.Record}, `{"a":1,"b":null}`, `{"a":1,"b":null}`},
		"other keys of loose ones": {&wire.Schema{Loose: true}, `{"a":1}`, `{"a":1}`},
		"null where it may be": {
			&wire.Schema{Fields: []wire.Field{{Name: "image", Kind: wire.String, Nullable: true}}}, `{"image":null}`, `{"image":null}`,
		},
		"anything":             {&wire.Schema{Fields: []wire.Field{{Name: "flag", Kind: wire.Any}}}, `{"flag":[1]}`, `{"flag":[1]}`},
		"nothing at all":       {&wire.Schema{Optional: true, Fields: []wire.Field{{Name: "token", Kind: wire.String}}}, ``, `null`},
		"without a schema":     {nil, `{"a":1}`, `{"a":1}`},
		"no schema, no object": {nil, `[1]`, `null`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := test.schema.Check("body", input(t, test.json))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(values)
			if err != nil || string(got) != test.want {
				t.Errorf("Check = %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	v := wire.Values{"text": "x", "no": false, "null": nil, "empty": "", "list": []any{"a"}}
	if v.Text("text") != "x" || v.Text("no") != "" || v.Text("gone") != "" {
		t.Error("Text is wrong")
	}
	if v.Bool("no", true) || !v.Bool("text", true) || v.Bool("gone", false) {
		t.Error("Bool is wrong")
	}
	if !v.Has("null") || v.Has("gone") {
		t.Error("Has is wrong")
	}
	if !v.Flag("text") || !v.Flag("list") || v.Flag("empty") || v.Flag("gone") {
		t.Error("Flag is wrong")
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "😀": 2, strings.Repeat("𝔘", 4): 8} {
		if got := wire.Length(s); got != want {
			t.Errorf("Length(%q) = %d, want %d", s, got, want)
		}
	}
}

func input(t *testing.T, text string) wire.Input {
	t.Helper()
	if text == "" {
		return wire.Input{}
	}
	in := wire.Input{Present: true}
	if err := json.Unmarshal([]byte(text), &in.Value); err != nil {
		t.Fatal(err)
	}
	return in
}
