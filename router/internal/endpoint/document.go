package endpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
	"switchyard/router/internal/answer"
	"switchyard/shared/fn"
)

// document is an OpenAPI document in the making, with the schemas by which its endpoints read.
type document struct {
	huma    huma.API
	adapter *adapter
	namer   *namer
	paths   map[string]*huma.PathItem
	tags    map[string]bool
}

// prefix begins the references to schemas.
const prefix = "#/components/schemas/"

func newDocument(title, version string) *document {
	names := newNamer()
	d := &document{adapter: &adapter{}, namer: names, paths: map[string]*huma.PathItem{}, tags: map[string]bool{}}
	d.huma = huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       title,
				Version:     version,
				Description: "The functions of this service. Times are RFC 3339 in UTC; whatever goes wrong is answered with a problem document (RFC 9457).",
			},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas:         rules.NewRegistry(prefix, names.name),
				SecuritySchemes: map[string]*huma.SecurityScheme{},
			},
			OnAddOperation: []huma.AddOpFunc{documentPathParams, documentRawBody},
		},
		Formats:       map[string]huma.Format{jsonType: huma.DefaultJSONFormat},
		DefaultFormat: jsonType,
	}, d.adapter)
	return d
}

// add documents the endpoint called name, and returns the handler that serves it by reflection.
func (d *document) add(name string, spec fn.Endpoint, b Binding) (h http.Handler, err error) {
	defer func() { // huma's way to say what it does not like
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %v", name, v)
		}
	}()
	d.namer.function = name
	op := operation(name, spec)
	d.describe(op.Tags[0])
	doc := d.huma.OpenAPI()
	describeSecurity(doc, spec.Access)
	doc.Paths = nil // huma compares an operation with all that are there
	if h, err = b.bind(d.huma, op); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for path, item := range doc.Paths {
		d.merge(path, item)
	}
	return h, nil
}

// forget drops what nothing but a document needs, so that a handler does not keep it: what is
// answered, and the schema of problems, which no Input can have in it.
func (d *document) forget() {
	if op := d.adapter.last; op != nil {
		op.Responses = nil
	}
	schemas := d.huma.OpenAPI().Components.Schemas
	maps.DeleteFunc(schemas.Map(), func(name string, _ *huma.Schema) bool {
		return schemas.TypeFromRef(prefix+name) == reflect.TypeFor[answer.Problem]()
	})
}

// merge adds the operation of item, which has one, to those of the path.
func (d *document) merge(path string, item *huma.PathItem) {
	all := d.paths[path]
	if all == nil {
		d.paths[path] = item
		return
	}
	for _, one := range []struct{ to, from **huma.Operation }{
		{&all.Get, &item.Get},
		{&all.Put, &item.Put},
		{&all.Post, &item.Post},
		{&all.Delete, &item.Delete},
		{&all.Options, &item.Options},
		{&all.Head, &item.Head},
		{&all.Patch, &item.Patch},
		{&all.Trace, &item.Trace},
	} {
		*one.to = cmp.Or(*one.to, *one.from)
	}
}

func (d *document) json() ([]byte, error) {
	doc := d.huma.OpenAPI()
	doc.Paths = d.paths
	if len(doc.Paths) == 0 {
		doc.Extensions = map[string]any{"paths": doc.Paths} // huma leaves an empty one out
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return text, nil
}

// describe puts a tag into the document, once.
func (d *document) describe(tag string) {
	if !d.tags[tag] {
		d.tags[tag] = true
		doc := d.huma.OpenAPI()
		doc.Tags = append(doc.Tags, &huma.Tag{Name: tag, Description: "What can be done with " + tag + "."})
	}
}

// adapter remembers the operation that huma registers, with all that is documented of
// it, instead of routing to it.
type adapter struct{ last *huma.Operation }

// Handle implements huma.Adapter.
func (a *adapter) Handle(op *huma.Operation, _ func(huma.Context)) { a.last = op }

// ServeHTTP implements huma.Adapter. Nobody calls it: the host routes.
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
