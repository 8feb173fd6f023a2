package docs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/router/internal/serve/docs"
	"switchyard/shared/fn"
)

// document has what documents can have beside plain members: a schema that refers to itself,
// types that may be null, parts, and texts that are no HTML.
const document = `{
	"info": {"title": "Shop", "version": "1"},
	"paths": {"/api/trees/{id}": {"put": {
		"operationId": "api/trees/put", "tags": ["trees"], "summary": "Keep a <b>tree</b>", "security": [{"key": []}],
		"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 9}}],
		"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
		"responses": {"204": {"description": "No Content"}, "404": {"content": {"application/problem+json": {}}}}
	}}},
	"components": {"schemas": {
		"Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "enum": ["oak", "elm"]}}},
		"Tree": {"allOf": [{"$ref": "#/components/schemas/Named"}], "type": "object", "properties": {
			"branches": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Tree"}},
			"age": {"type": ["integer", "null"], "minimum": 3},
			"labels": {"type": "object", "additionalProperties": {"type": "string"}}
		}}
	}}
}`

func open(t *testing.T, project fn.Project, document string) *http.ServeMux {
	t.Helper()
	pages, err := docs.Pages(project, func() ([]byte, error) { return []byte(document), nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, p := range pages {
		mux.HandleFunc(p.Pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := p.Show(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusTeapot)
			}
		})
	}
	return mux
}

func get(t *testing.T, mux http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestPages(t *testing.T) {
	t.Parallel()
	mux := open(t, fn.Project{Title: "Shop", Pages: []string{"/", "/account"}}, document)
	for path, want := range map[string][]string{
		"/docs": {`href="/docs/trees#api-trees-put"`, "/api/trees/{id}", "Keep a &lt;b&gt;tree", `href="/account"`, `class="brand" href="/"`},
		"/docs/trees": {
			`id="api-trees-put"`, "For a machine with a key", "path · string", "at most 9 characters", "one of oak, elm", "at least 3",
			"array of object", "object of string", "integer or null", "<code>name</code>", "<code>404</code>", "No Content", "&#34;name&#34;: &#34;oak&#34;",
		},
		"/openapi.json": {`"api/trees/put"`},
	} {
		got := get(t, mux, path)
		if got.Code != http.StatusOK || strings.Contains(got.Header().Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: %d %v", path, got.Code, got.Header())
		}
		for _, text := range want {
			if !strings.Contains(got.Body.String(), text) {
				t.Errorf("%s lacks %q:\n%s", path, text, got.Body)
			}
		}
	}
	if got := get(t, mux, "/docs/bushes"); got.Code != http.StatusTeapot {
		t.Errorf("no group: %d", got.Code)
	}
}

// A project without pages has documentation as well.
func TestWithoutPages(t *testing.T) {
	t.Parallel()
	body := get(t, open(t, fn.Project{Title: "Shop"}, document), "/docs").Body.String()
	if strings.Contains(body, `href="/"`) || strings.Contains(body, "/account") {
		t.Error("it leads to pages that are not there")
	}
}

func TestDocumentThatIsNone(t *testing.T) {
	t.Parallel()
	if got := get(t, open(t, fn.Project{}, "{"), "/docs"); got.Code != http.StatusTeapot || !strings.Contains(got.Body.String(), "read the OpenAPI document") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}
