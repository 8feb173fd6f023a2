package endpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchyard/shared/fn"
)

// API turns bindings into handlers and remembers their documentation. Make one
// with [NewAPI]. It is not safe for concurrent use; its handlers are.
type API struct {
	huma    huma.API
	adapter *adapter
	namer   *namer
}

// NewAPI returns an API without endpoints.
func NewAPI(version string) *API {
	problemsOnce()
	names := newNamer()
	a := &API{adapter: &adapter{}, namer: names}
	a.huma = huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Switchyard",
				Version:     version,
				Description: "The functions of this service. Times are RFC 3339 in UTC; whatever goes wrong is answered with a problem document (RFC 9457).",
				License:     &huma.License{Name: "MIT", Identifier: "MIT"},
			},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", names.name),
				SecuritySchemes: map[string]*huma.SecurityScheme{},
			},
			OnAddOperation: []huma.AddOpFunc{documentPathParams, documentRawBody},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
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
	b.register(a.huma, op)
	return a.adapter.last, nil
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

// adapter hands out the handler that huma registers, instead of routing to it.
type adapter struct{ last http.Handler }

// Handle implements huma.Adapter.
func (a *adapter) Handle(op *huma.Operation, handle func(huma.Context)) {
	a.last = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(humago.NewContext(op, r, w))
	})
}

// ServeHTTP implements huma.Adapter. Nobody calls it: the host routes.
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// jsonFormat is huma's, but for zero bytes, and for a client that went away: huma
// takes the failed write for a body that cannot be encoded, and panics.
func jsonFormat() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			enc := json.NewEncoder(deaf{w})
			enc.SetEscapeHTML(false)
			return enc.Encode(v)
		},
		Unmarshal: unmarshal,
	}
}

// deaf is a writer that never complains.
type deaf struct{ w io.Writer }

func (d deaf) Write(p []byte) (int, error) {
	_, _ = d.w.Write(p) // the host notices by itself
	return len(p), nil
}

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
