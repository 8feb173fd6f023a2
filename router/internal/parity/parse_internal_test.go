package parity

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/emulate"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const text = `# A file of mine.
# @mask "at":"[^"]+"
@base = /api

### list
# Notes are free.
# @only http-api alb: the others have no such thing
# @mask \d+
GET {{base}}?a=1 HTTP/1.1
` + `Accept: text/html

###
# @set id "id":"([^"]+)"
# @repeat 2
POST /files
Content-Type: application/json

{"a":1}

# no comment, but the body

### bytes
PUT /files/{{id}}

< some.bin
`
	f, err := parse(fstest.MapFS{"a.http": {Data: []byte(text)}, "some.bin": {Data: []byte{0, 1}}}, "a.http")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Requests) != 3 || f.Variables["base"] != "/api" {
		t.Fatalf("%d requests, variables %v", len(f.Requests), f.Variables)
	}
	list, create, bytes := f.Requests[0], f.Requests[1], f.Requests[2]
	if list.Name != "a.http: list" || list.Method != http.MethodGet || list.Target != "{{base}}?a=1" || len(list.Masks) != 2 {
		t.Errorf("list: %+v", list)
	}
	if diff := cmp.Diff([]Field{{"Accept", "text/html"}}, list.Fields); diff != "" {
		t.Error(diff)
	}
	if list.excluded(emulate.ALB) != "" || list.excluded(emulate.RESTAPI) != "the others have no such thing" {
		t.Errorf("list is excluded from %q and %q", list.excluded(emulate.ALB), list.excluded(emulate.RESTAPI))
	}
	body := "{\"a\":1}\n\n# no comment, but the body"
	if create.Name != "a.http: POST /files" || string(create.Body) != body+body || len(create.Sets) != 1 || len(create.Masks) != 1 {
		t.Errorf("create: %+v %q", create, create.Body)
	}
	if string(bytes.Body) != "\x00\x01" {
		t.Errorf("bytes: %q", bytes.Body)
	}
}

func TestParseFails(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "has no requests",
		"GET /a b c":                         "no request line",
		"GET https://example.com/a":          "must be a path",
		"GET /a\nno header":                  "no header",
		"# @mask (\nGET /a":                  "error parsing regexp",
		"# @set x y\nGET /a":                 "needs a group",
		"# @wait 1\nGET /a":                  "there is no @wait",
		"# @only gateway\nGET /a":            "there is no front door",
		"GET /a\n\n< missing.bin":            "missing.bin",
		"### first\nGET /a\n### second\nGET": "line 3",
	} {
		if _, err := parse(fstest.MapFS{"a.http": {Data: []byte(text)}}, "a.http"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}
