package endpoint

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
	"switchyard/shared/fn"
)

// API turns bindings into handlers and remembers their documentation. Make one
// with [NewAPI]. It is not safe for concurrent use; its handlers are.
type API struct {
	huma    huma.API
	adapter *adapter
	namer   *namer
}

// NewAPI returns an API without endpoints, whose document has this title.
func NewAPI(title, version string) *API {
	problemsOnce()
	names := newNamer()
	a := &API{adapter: &adapter{}, namer: names}
	a.huma = huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       title,
				Version:     version,
				Description: "The functions of this service. Times are RFC 3339 in UTC; whatever goes wrong is answered with a problem document (RFC 9457).",
			},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas:         rules.NewRegistry("#/components/schemas/", names.name),
				SecuritySchemes: map[string]*huma.SecurityScheme{},
			},
			OnAddOperation: []huma.AddOpFunc{documentPathParams, documentRawBody},
		},
		Formats:       map[string]huma.Format{jsonType: huma.DefaultJSONFormat},
		DefaultFormat: jsonType,
	}, a.adapter)
	return a
}

// Add documents the endpoint called name and returns the handler that serves it.
// The handler expects to be called by an http.ServeMux that knows it under its
// Spec's Route. An error says what is wrong with the endpoint's types.
func (a *API) Add(name string, spec fn.Endpoint, b Binding) (h http.Handler, err error) {
	defer func() { // huma's way to say what it does not like
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %v", name, v)
		}
	}()
	a.namer.function = name
	op := operation(name, spec)
	a.describe(op.Tags[0])
	describeSecurity(a.huma.OpenAPI(), spec.Access)
	if h, err = b.bind(a.huma, op); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return h, nil
}

// Document returns the OpenAPI document, as JSON.
func (a *API) Document() ([]byte, error) {
	doc := a.huma.OpenAPI()
	if doc.Paths == nil {
		doc.Paths = map[string]*huma.PathItem{}
		doc.Extensions = map[string]any{"paths": doc.Paths} // huma leaves an empty one out
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return text, nil
}

// describe puts a tag into the document, once.
func (a *API) describe(tag string) {
	doc := a.huma.OpenAPI()
	for _, t := range doc.Tags {
		if t.Name == tag {
			return
		}
	}
	doc.Tags = append(doc.Tags, &huma.Tag{Name: tag, Description: "What can be done with " + tag + "."})
}

// adapter remembers the operation that huma registers, with all that is documented of
// it, instead of routing to it.
type adapter struct{ last *huma.Operation }

// Handle implements huma.Adapter.
func (a *adapter) Handle(op *huma.Operation, _ func(huma.Context)) { a.last = op }

// ServeHTTP implements huma.Adapter. Nobody calls it: the host routes.
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// camel turns "api/files/create" into "FilesCreate".
func camel(function string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(function, "api/"), func(r rune) bool {
		return r == '/' || r == '_' || r == '-'
	}) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
