package endpoint_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/endpoint"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

type createInput struct {
	ID    string `path:"id" format:"uuid"`
	Limit int    `query:"limit" minimum:"1" maximum:"10" default:"5"`
	Body  struct {
		Name string    `json:"name" minLength:"1"`
		Size int64     `json:"size,omitempty"`
		Mail string    `json:"mail,omitempty" format:"email"`
		Link string    `json:"link,omitempty" format:"uri"`
		When time.Time `json:"when,omitzero"`
		Tags []struct {
			Texts map[string]string `json:"texts,omitempty"`
		} `json:"tags,omitempty"`
	}
}

type createOutput struct {
	Body struct {
		Name string    `json:"name"`
		When time.Time `json:"when"`
	}
}

type create struct{}

func (create) Handle(_ context.Context, in *createInput) (*createOutput, error) {
	if in.Body.Name == "fail" {
		return nil, errors.New("password hunter2")
	}
	if in.Body.Name == "missing" {
		return nil, fault.New(fault.NotFound, "No such file.")
	}
	out := &createOutput{}
	out.Body.Name, out.Body.When = in.Body.Name, in.Body.When
	return out, nil
}

type getInput struct {
	Path string `path:"path"`
}

type getOutput struct {
	Body struct {
		Path string `json:"path"`
	}
}

type get struct{}

func (get) Handle(_ context.Context, in *getInput) (*getOutput, error) {
	out := &getOutput{}
	out.Body.Path = in.Path
	return out, nil
}

// raw understands its body itself.
type raw struct{}

type rawInput struct {
	RawBody []byte `contentType:"application/json,text/x-other"`
}

type rawOutput struct {
	Status int
	Body   struct {
		Size int `json:"size"`
	}
}

func (raw) Handle(_ context.Context, in *rawInput) (*rawOutput, error) {
	out := &rawOutput{Status: 202}
	out.Body.Size = len(in.RawBody)
	return out, nil
}

type remove struct{}

func (remove) Handle(context.Context, *struct{}) (*struct{}, error) { return nil, nil }

// serve returns the URL of a server with the sample endpoints, and their API.
func serve(t *testing.T) (string, *endpoint.API) {
	t.Helper()
	api, mux := endpoint.NewAPI("Shop", "1.2.3"), http.NewServeMux()
	for _, f := range []struct {
		name    string
		spec    fn.Endpoint
		binding endpoint.Binding
	}{
		{"api/files/create", fn.Endpoint{Route: "POST /api/files/{id}", Summary: "Create", Status: 201, MaxBody: 200, Access: fn.Public}, endpoint.New(create{})},
		{"api/files/get", fn.Endpoint{Route: "GET /api/files/{path...}", Summary: "Get"}, endpoint.New(get{})},
		{"api/raw", fn.Endpoint{Route: "POST /api/raw", MaxBody: 200}, endpoint.New(raw{})},
		{"api/files/remove", fn.Endpoint{Route: "DELETE /api/files/{$}", Summary: "Remove", Access: fn.Service}, endpoint.New(remove{})},
	} {
		h, err := api.Add(f.name, f.spec, f.binding)
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle(f.spec.Route, h)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, api
}

const (
	id = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"
	ok = "/api/files/" + id
)

func TestServe(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	pad := func(n int) string { // a valid body of n bytes
		return `{"name":"x"` + strings.Repeat(" ", n-len(`{"name":"x"}`)) + `}`
	}
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // in the answer
		issue                    fault.Issue
	}{
		{"created", "POST", ok, `{"name":"x","when":"2026-11-23T10:00:00Z"}`, 201, `{"name":"x","when":"2026-11-23T10:00:00Z"}`, fault.Issue{}},
		{"rest of the path", "GET", "/api/files/a/b%2Fc", "", 200, `{"path":"a/b/c"}`, fault.Issue{}},
		{"raw JSON", "POST", "/api/raw", `{"a":1}`, 202, `{"size":7}`, fault.Issue{}},
		{"raw, and no JSON", "POST", "/api/raw", `{"a`, 202, `{"size":3}`, fault.Issue{}},
		{"raw and empty", "POST", "/api/raw", "", 202, `{"size":0}`, fault.Issue{}},
		{"raw and too large", "POST", "/api/raw", strings.Repeat(" ", 201), 413, "over the limit of 200 bytes", fault.Issue{}},
		{"end of the path", "DELETE", "/api/files/", "", 204, "", fault.Issue{}},
		{"exactly the limit", "POST", ok, pad(200), 201, "", fault.Issue{}},
		{"a byte more", "POST", ok, pad(201), 413, "over the limit of 200 bytes", fault.Issue{}},
		{"malformed", "POST", ok, `{"name":`, 400, "not valid JSON", fault.Issue{Message: "unexpected end of JSON input", Location: "body.name"}},
		{"two documents", "POST", ok, `{"name":"x"}{}`, 400, "not valid JSON", fault.Issue{Message: "invalid character '{' after top-level value", Location: "body"}},
		{"no body", "POST", ok, "", 400, "needs a request body", fault.Issue{}},
		{"unknown field", "POST", ok, `{"name":"x","size_":1}`, 422, "", fault.Issue{Message: "unexpected property", Location: "body.size_"}},
		{"wrong type", "POST", ok, `{"name":42}`, 422, "", fault.Issue{Message: "expected string", Location: "body.name"}},
		{"number too large", "POST", ok, `{"name":"x","size":99999999999999999999}`, 422, "", fault.Issue{Message: "expected an integer from -9223372036854775808 to 9223372036854775807", Location: "body.size"}},
		{"zero byte", "POST", ok, `{"name":"secret\u0000"}`, 422, "", fault.Issue{Message: "unexpected zero byte", Location: "body.name"}},
		{"zero byte after backslashes", "POST", ok, `{"name":"\\\u0000"}`, 422, "", fault.Issue{Message: "unexpected zero byte", Location: "body.name"}},
		{"zero byte deep inside", "POST", ok, `{"name":"x","tags":[{},{"texts":{"a: b":"\u0000"}}]}`, 422, "", fault.Issue{Message: "unexpected zero byte", Location: "body.tags[1].texts.a: b"}},
		{"zero byte in a name", "POST", ok, `{"name":"x","tags":[{"texts":{"secret\u0000":""}}]}`, 422, "", fault.Issue{Message: "unexpected zero byte", Location: "body.tags[0].texts"}},
		{"zero byte in an unknown field", "POST", ok, `{"name":"x","other":"\u0000"}`, 422, "", fault.Issue{Message: "unexpected property", Location: "body.other"}},
		{"a backslash before u0000", "POST", ok, `{"name":"\\u0000"}`, 201, `{"name":"\\u0000"`, fault.Issue{}},
		{"bad mail", "POST", ok, `{"name":"x","mail":"secret@@x"}`, 422, "", fault.Issue{Message: "expected string to be RFC 5322 email", Location: "body.mail"}},
		{"bad link", "POST", ok, `{"name":"x","link":"ht tp://secret"}`, 422, "", fault.Issue{Message: "expected string to be RFC 3986 uri", Location: "body.link"}},
		{"bad id", "POST", "/api/files/secret", `{"name":"x"}`, 422, "", fault.Issue{Message: "expected string to be RFC 4122 uuid", Location: "path.id"}},
		{"bad query", "POST", ok + "?limit=secret", `{"name":"x"}`, 422, "", fault.Issue{Message: "invalid integer", Location: "query.limit"}},
		{"query out of range", "POST", ok + "?limit=11", `{"name":"x"}`, 422, "", fault.Issue{Message: "expected number <= 10", Location: "query.limit"}},
		{"unknown query", "POST", ok + "?limt=secret", `{"name":"x"}`, 422, "", fault.Issue{Message: "unknown query parameter", Location: "query.limt"}},
		{"an error", "POST", ok, `{"name":"fail"}`, 500, "Something went wrong on our side.", fault.Issue{}},
		{"a fault", "POST", ok, `{"name":"missing"}`, 404, "No such file.", fault.Issue{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, header, body := do(t, tt.method, url+tt.path, "application/json", tt.body)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Fatalf("got %d %s, want %d with %q", status, body, tt.status, tt.want)
			}
			if strings.Contains(body, "secret") || strings.Contains(body, "hunter2") || strings.Contains(body, "$schema") {
				t.Errorf("the answer tells too much: %s", body)
			}
			want := "application/json"
			if status >= 400 {
				want = answer.ContentType
			}
			if got := header.Get("Content-Type"); got != want && status != 204 {
				t.Errorf("Content-Type = %q, want %q", got, want)
			}
			if header.Get("Link") != "" {
				t.Errorf("Link = %q", header.Get("Link"))
			}
			if tt.issue != (fault.Issue{}) {
				var p answer.Problem
				if err := json.Unmarshal([]byte(body), &p); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]fault.Issue{tt.issue}, p.Errors); diff != "" {
					t.Errorf("errors (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestOtherContentTypes(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	for contentType, want := range map[string]int{
		"text/plain":                        415,
		"application/x-www-form-urlencoded": 415,
		"application/cbor":                  415,
		"application/json; charset=utf-8":   201,
		"":                                  201,
	} {
		if status, _, body := do(t, "POST", url+ok, contentType, `{"name":"x"}`); status != want {
			t.Errorf("Content-Type %q: got %d %s, want %d", contentType, status, body, want)
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	_, api := serve(t)
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Tags        []string
			RequestBody struct {
				Required bool
				Content  map[string]any
			}
			Security  []map[string][]string
			Responses map[string]any
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	type operation struct{ id, tag, access string }
	got := map[string]operation{}
	for path, item := range doc.Paths {
		for method, op := range item {
			access := "public"
			for _, s := range op.Security {
				for name := range s {
					access = name
				}
			}
			if _, has401 := op.Responses["401"]; has401 != (access != "public") {
				t.Errorf("%s %s: 401 documented: %v", method, path, has401)
			}
			if types := len(op.RequestBody.Content); path == "/api/raw" && (types != 2 || op.RequestBody.Required) {
				t.Errorf("the raw body is documented as %+v", op.RequestBody)
			}
			got[method+" "+path] = operation{op.OperationID, op.Tags[0], access}
		}
	}
	want := map[string]operation{
		"post /api/files/{id}":  {"api/files/create", "files", "public"},
		"get /api/files/{path}": {"api/files/get", "files", "session"},
		"delete /api/files/":    {"api/files/remove", "files", "key"},
		"post /api/raw":         {"api/raw", "raw", "session"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(operation{})); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	for _, name := range []string{"Problem", "FilesCreateCreateInputBody", "FilesGetGetOutputBody"} {
		if _, ok := doc.Components.Schemas[name]; !ok {
			t.Errorf("no schema %s in %v", name, doc.Components.Schemas)
		}
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi = %s", doc.OpenAPI)
	}
}

type oddInput struct {
	ID *string `path:"id"`
}

type odd struct{}

func (odd) Handle(context.Context, *oddInput) (*struct{}, error) { return nil, nil }

func TestAddRefusesWhatCannotBeBound(t *testing.T) {
	t.Parallel()
	_, err := endpoint.NewAPI("Shop", "1").Add("api/odd", fn.Endpoint{Route: "GET /odd/{id}"}, endpoint.New(odd{}))
	if err == nil || !strings.HasPrefix(err.Error(), "api/odd: ") {
		t.Errorf("err = %v, want one that names the function", err)
	}
}

func do(t *testing.T, method, url, contentType, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}
