package endpoint

import (
	"net/http"
	"strings"

	"switchyard/shared/fn"
)

// API turns bindings into handlers and remembers them for its document. Make one with
// [NewAPI]. Endpoints are added before its first use; then it is safe for concurrent use.
type API struct {
	title, version string
	all            []*late
}

// NewAPI returns an API without endpoints, whose document has this title.
func NewAPI(title, version string) *API {
	problemsOnce()
	return &API{title: title, version: version}
}

// Add returns the handler that serves the endpoint called name, and adds the endpoint to the
// document. An http.ServeMux has to call the handler, by the Route of spec. The error says what
// is wrong with the endpoint's types.
func (a *API) Add(name string, spec fn.Endpoint, b Binding) (http.Handler, error) {
	l := &late{name: name, spec: spec, bind: func() any { return b }}
	a.all = append(a.all, l)
	return l.handler()
}

// Late is Add for an endpoint that is known to be right: the handler calls bind and makes itself
// when it is first called. spec has to be an [fn.Endpoint], and bind has to return a [Binding].
func (a *API) Late(name string, spec fn.Spec, bind func() any) http.Handler {
	l := &late{name: name, spec: spec, bind: bind}
	a.all = append(a.all, l)
	return l
}

// Document makes the OpenAPI document of all endpoints, as JSON.
func (a *API) Document() ([]byte, error) {
	d := newDocument(a.title, a.version)
	for _, l := range a.all {
		b, err := l.bound()
		if err == nil {
			_, err = d.add(l.name, l.endpoint(), b)
		}
		if err != nil {
			return nil, err
		}
	}
	return d.json()
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
