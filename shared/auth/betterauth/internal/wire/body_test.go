package wire_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth/internal/wire"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

func TestReadBody(t *testing.T) {
	t.Parallel()
	plain, form := &wire.Route{Method: "POST"}, &wire.Route{Method: "POST", Form: true}
	tests := map[string]struct {
		route *wire.Route
		media string
		body  string
		want  string // "" if it is absent
	}{
		"an object":             {plain, jsonType, `{"a":1}`, `{"a":1}`},
		"a charset":             {plain, "Application/JSON; charset=utf-8", `{"a":1}`, `{"a":1}`},
		"null":                  {plain, jsonType, `null`, `null`},
		"a byte order mark":     {plain, jsonType, "\ufeff[]", `[]`},
		"half a character":      {plain, jsonType, `{"a":"\ud800"}`, `{"a":"` + "\ufffd" + `"}`}, // as JavaScript encodes it
		"empty":                 {plain, jsonType, ``, ``},
		"empty, another type":   {plain, "text/plain", ``, ``},
		"no media type":         {plain, "", `{"a":1}`, ``},
		"GET":                   {&wire.Route{Method: "GET"}, "text/plain", `x`, ``},
		"not looked at":         {&wire.Route{Method: "POST", NoBody: true}, "text/plain", `x`, ``},
		"a form":                {form, formType, `a=1&b=x+y%21&a=2`, `{"a":"2","b":"x y!"}`},
		"a form, badly encoded": {form, formType, `&a=%zz+1&=&b`, `{"":"","a":"%zz 1","b":""}`},
		"JSON where forms are":  {form, jsonType, `{"a":1}`, `{"a":1}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := test.route.ReadBody(post(test.media, test.body))
			if err != nil {
				t.Fatal(err)
			}
			if in.Present != (test.want != "") {
				t.Fatalf("Present = %v", in.Present)
			}
			if got, err := json.Marshal(in.Value); in.Present && (err != nil || string(got) != test.want) {
				t.Errorf("ReadBody = %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestReadBodyRefuses(t *testing.T) {
	t.Parallel()
	plain, form := &wire.Route{Method: "POST"}, &wire.Route{Method: "POST", Form: true}
	const invalid = "Invalid JSON in request body"
	tests := map[string]struct {
		route   *wire.Route
		media   string
		body    string
		status  int
		code    string
		message string
	}{
		"text": {
			plain, "text/plain", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE",
			`Content-Type "text/plain" is not allowed. Allowed types: application/json`,
		},
		"a form": {
			plain, formType, `a=1`, 415, "UNSUPPORTED_MEDIA_TYPE",
			`Content-Type "application/x-www-form-urlencoded" is not allowed. Allowed types: application/json`,
		},
		"text in place of a form": {
			form, "Text/Plain; a=b", `a`, 415, "UNSUPPORTED_MEDIA_TYPE",
			`Content-Type "Text/Plain; a=b" is not allowed. Allowed types: application/x-www-form-urlencoded, application/json`,
		},
		"JSON of another kind": {
			plain, "application/problem+json", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE",
			`Content-Type "application/problem+json" is not allowed. Allowed types: application/json`,
		},
		"broken":           {plain, jsonType, `{"a":`, 400, "BAD_REQUEST", invalid},
		"spaces":           {plain, jsonType, `  `, 400, "BAD_REQUEST", invalid},
		"two values":       {plain, jsonType, `{}{}`, 400, "BAD_REQUEST", invalid},
		"a bare zero byte": {plain, jsonType, "\"\x00\"", 400, "BAD_REQUEST", invalid},
		"JSON, not UTF-8":  {plain, jsonType, "{\"a\":\"\xff\"}", 400, "BAD_REQUEST", "The request body is not UTF-8"},
		"a form in bytes":  {form, formType, "a=\xff", 400, "BAD_REQUEST", "The request body is not UTF-8"},
		"a form, encoded":  {form, formType, "a=1&b=%ff", 400, "BAD_REQUEST", "The request body is not UTF-8"},
		"a form's name":    {form, formType, "%c3=1", 400, "BAD_REQUEST", "The request body is not UTF-8"},
		"many values":      {plain, jsonType, "[" + strings.Repeat("{},", 300_000) + "0]", 413, "PAYLOAD_TOO_LARGE", "The request body is too large"},
		"deep":             {plain, jsonType, strings.Repeat("[", 500_000), 413, "PAYLOAD_TOO_LARGE", "The request body is too large"},
		"deep objects":     {plain, jsonType, strings.Repeat(`{"a":`, 9_999) + "1" + strings.Repeat("}", 9_998), 400, "BAD_REQUEST", invalid},
		"many fields":      {form, formType, strings.Repeat("a&", 300_000), 413, "PAYLOAD_TOO_LARGE", "The request body is too large"},
		"long":             {plain, jsonType, `"` + strings.Repeat("a", 1<<20) + `"`, 413, "PAYLOAD_TOO_LARGE", "The request body is too large"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := post(test.media, test.body)
			r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
			_, err := test.route.ReadBody(r)
			refused, ok := errors.AsType[*wire.Error](err)
			if !ok || *refused != (wire.Error{Status: test.status, Code: test.code, Message: test.message}) {
				t.Errorf("ReadBody = %+v, want %d %s %s", err, test.status, test.code, test.message)
			}
		})
	}
}

// Commas and brackets in a text are no values.
func TestReadBodyLongText(t *testing.T) {
	t.Parallel()
	text := `{"a":"` + strings.Repeat(`,[{\"\\`, 20_000) + `"}`
	if _, err := (&wire.Route{Method: "POST"}).ReadBody(post(jsonType, text)); err != nil {
		t.Error(err)
	}
}

func TestReadQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                        `{}`,
		"a=1&b=%2Fx%3Fy":          `{"a":"1","b":"/x?y"}`,
		"a=1&a=2&a=":              `{"a":["1","2",""]}`,
		"a=%zz&b=%EF%BF%BD&c=x;y": `{"a":"%zz","b":"` + "\ufffd" + `","c":"x;y"}`,
		"a&&=1":                   `{"":"1","a":""}`,
	}
	for query, want := range tests {
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.URL.RawQuery = query
		in, err := wire.ReadQuery(r)
		if got, _ := json.Marshal(in.Value); err != nil || string(got) != want {
			t.Errorf("ReadQuery(%q) = %s, %v, want %s", query, got, err, want)
		}
	}
	for _, query := range []string{"a=%ff", "a=\xff", "%c3=1", "a=1&a=%ed%a0%80", "a=%zz\xff"} {
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.URL.RawQuery = query
		_, err := wire.ReadQuery(r)
		if refused, ok := errors.AsType[*wire.Error](err); !ok || refused.Status != 400 || refused.Message != "The query is not UTF-8" {
			t.Errorf("ReadQuery(%q): %v", query, err)
		}
	}
}

func post(media, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	return r
}
