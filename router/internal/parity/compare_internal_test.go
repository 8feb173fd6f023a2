package parity

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchyard/router/internal/emulate"
)

// TestCompare wants differences found, and only those that nothing excuses.
func TestCompare(t *testing.T) {
	t.Parallel()
	text := http.Header{"Content-Type": {"text/plain"}}
	with := func(name string, values ...string) http.Header {
		h := text.Clone()
		h[name] = values
		return h
	}
	whole := Answer{Status: 200, Header: text, Body: []byte("yes")}
	large := Answer{Status: 200, Header: text, Body: make([]byte, 7<<20)}
	tests := []struct {
		name         string
		kind         emulate.Kind
		host, lambda Answer
		want         string // where it differs; "" for nowhere
	}{
		{"the same", emulate.HTTPAPI, whole, whole, ""},
		{"another status", emulate.HTTPAPI, whole, Answer{Status: 201, Header: text, Body: whole.Body}, "status"},
		{"another byte", emulate.HTTPAPI, whole, Answer{Status: 200, Header: text, Body: []byte("yet")}, "body"},
		{"another type", emulate.HTTPAPI, whole, Answer{Status: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: whole.Body}, "header Content-Type"},
		{"a header less", emulate.RESTAPI, Answer{Status: 200, Header: with("Etag", "1"), Body: whole.Body}, whole, "header Etag"},
		{"a header more", emulate.RESTAPI, whole, Answer{Status: 200, Header: with("X-Leak", "1"), Body: whole.Body}, "header X-Leak"},
		{"a value less", emulate.ALBMultiValue, Answer{Status: 200, Header: with("Link", "a", "b")}, Answer{Status: 200, Header: with("Link", "a")}, "header Link"},
		{"a cookie less", emulate.FunctionURL, Answer{Status: 200, Header: with("Set-Cookie", "a=1", "b=2")}, Answer{Status: 200, Header: with("Set-Cookie", "a=1")}, "header Set-Cookie"},
		{"cookies in one", emulate.FunctionURL, Answer{Status: 200, Header: with("Set-Cookie", "a=1", "b=2")}, Answer{Status: 200, Header: with("Set-Cookie", "a=1, b=2")}, "header Set-Cookie"},
		{"values in one", emulate.FunctionURL, Answer{Status: 200, Header: with("Link", "a", "b")}, Answer{Status: 200, Header: with("Link", "a, b")}, ""},
		{"values in one where two are two", emulate.RESTAPI, Answer{Status: 200, Header: with("Link", "a", "b")}, Answer{Status: 200, Header: with("Link", "a, b")}, "header Link"},
		{"another name for a header", emulate.RESTAPI, Answer{Status: 401, Header: with("Www-Authenticate", "x")}, Answer{Status: 401, Header: with("X-Amzn-Remapped-Www-Authenticate", "x")}, ""},
		{"a type for nothing", emulate.ALB, Answer{Status: 204, Header: http.Header{}}, Answer{Status: 204, Header: text}, ""},
		{"an answer that breaks off", emulate.HTTPAPI, Answer{Broken: true}, Answer{Status: 500}, ""},
		{"an answer that breaks off, and is whole", emulate.HTTPAPI, Answer{Status: 200, Broken: true}, whole, "the end"},
		{"a stream that breaks off, and is whole", emulate.StreamingURL, Answer{Status: 200, Broken: true}, Answer{Status: 502}, "the end"},
		{"a large answer", emulate.HTTPAPI, large, Answer{Status: 413}, ""},
		{"a large answer of a stream", emulate.StreamingURL, large, Answer{Status: 413, Header: text, Body: []byte("no")}, "status"},
		{"a small answer that is called large", emulate.HTTPAPI, whole, Answer{Status: 413, Header: text, Body: []byte("no")}, "status"},
	}
	for _, tt := range tests {
		var where []string
		for _, d := range compare(tt.kind, Request{}, tt.host, tt.lambda) {
			where = append(where, d.Where)
		}
		if got := strings.Join(where, ", "); got != tt.want {
			t.Errorf("%s: differs in %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	r := Request{Masks: []*regexp.Regexp{regexp.MustCompile(`"id":"([^"]+)"`), regexp.MustCompile(`\d{4}-\d\d`)}}
	a := Answer{variables: map[string]string{"token": "s3cret"}}
	if got, want := r.mask(a, `{"id":"1","at":"2026-11-24","t":"s3cret"}`), `{"id":"…","at":"…-24","t":"{{token}}"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDecodes(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/a": false, "/a%20b": false, "/%C3%A4": false, "/ä": false, "/a:b@c!d'(e)*": false,
		"/a%2Fb": true, "/a%3Fb": true, "/100%25": true, "/a%252Fb": true, "/%FF": true, "/%41": true, "/%c3%a4": true, "/%23": false, "/files/{{id}}": false,
	} {
		if got := decodes(path); got != want {
			t.Errorf("%s: %t, want %t", path, got, want)
		}
	}
}
