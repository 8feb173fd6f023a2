// Package endpoint binds typed functions to HTTP: it decodes and validates their
// input, encodes their output, and documents both as OpenAPI 3.1. Whatever goes wrong
// is answered by package answer.
//
// The conventions of the types, the document, and the rules of schemas are huma's. Its
// own binding is not used, since there input may mean two things: it reads a body twice
// by different rules, puts defaults in place of explicit zeros
// (https://github.com/danielgtaylor/huma/pull/628), takes the first of repeated
// parameters, and looks at media types only where it decodes.
package endpoint

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/answer"
	"switchyard/shared/fn"
)

// Binding is a typed function without its types, so that functions of all types can stand in one
// list. Make one with [New] or [Compiled].
type Binding interface {
	// bind adds op to the document of api, and returns what serves it.
	bind(api huma.API, op huma.Operation) (http.Handler, error)
}

// Handler is a typed function.
type Handler[I, O any] interface {
	Handle(ctx context.Context, in *I) (*O, error)
}

// New returns the binding of f.
func New[I, O any](f Handler[I, O]) Binding { return binding[I, O]{f} }

type binding[I, O any] struct{ f Handler[I, O] }

func (b binding[I, O]) bind(api huma.API, op huma.Operation) (http.Handler, error) {
	huma.Register(api, op, func(context.Context, *I) (*O, error) { return nil, nil }) // documents it
	documented := api.Adapter().(*adapter).last                                       //nolint:forcetypeassert // NewAPI put it there
	in, err := newInput(api.OpenAPI().Components.Schemas, documented, reflect.TypeFor[I]())
	if err != nil {
		return nil, err
	}
	return &handler[I, O]{b.f, in, newOutput(documented, reflect.TypeFor[O]())}, nil
}

// handler serves an endpoint.
type handler[I, O any] struct {
	f   Handler[I, O]
	in  *input
	out *output
}

// ServeHTTP answers r with what the function makes of it. It expects the host to bound
// the time that r's body may take.
func (h *handler[I, O]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := new(I)
	if p := h.in.read(w, r, reflect.ValueOf(in).Elem()); p != nil {
		answer.Write(w, r, p)
		return
	}
	if out := handle(w, r, h.f, in); out != nil {
		h.out.write(w, r, reflect.ValueOf(out).Elem())
	}
}

// handle returns what f makes of in; nil if that is an error, which it has answered.
func handle[I, O any](w http.ResponseWriter, r *http.Request, f Handler[I, O], in *I) *O {
	out, err := f.Handle(r.Context(), in)
	if err != nil {
		answer.Write(w, r, err)
		return nil
	}
	if out == nil {
		out = new(O)
	}
	return out
}

// operation returns what a Spec says, in the terms of huma.
func operation(name string, spec fn.Endpoint) huma.Operation {
	info := spec.Info()
	method, pattern, _ := strings.Cut(info.Route, " ")
	op := huma.Operation{
		OperationID:   name,
		Method:        method,
		Path:          documentPath(pattern),
		Summary:       info.Summary,
		Tags:          []string{tag(pattern)},
		DefaultStatus: spec.Status,
		MaxBodyBytes:  info.MaxBody,
		Security:      security(info.Access),
		Errors:        failures(method, pattern, info),
	}
	if r := info.RateLimit; r.Limit > 0 {
		op.Extensions = map[string]any{"x-ratelimit": map[string]any{"limit": r.Limit, "window": int(r.Per.Seconds()), "by": r.By.String()}}
	}
	return op
}

// documentPath turns a pattern of http.ServeMux into a path template of OpenAPI.
func documentPath(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i > 0 {
		pattern = pattern[i:] // without the host
	}
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSpace(pattern), "{$}"), "...}", "}")
}

// documentPathParams adds the parameters of the path that the Input of op does
// not ask for; the path could not be understood without.
func documentPathParams(_ *huma.OpenAPI, op *huma.Operation) {
	for segment := range strings.SplitSeq(op.Path, "/") {
		name, wild := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		known := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name })
		if wild && !known {
			op.Parameters = append(op.Parameters,
				&huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
	}
}

// documentRawBody says of a RawBody that it may be of any of the types that its tag
// names, with commas between them, and that it may be empty: what is in it is for
// the function to say.
func documentRawBody(_ *huma.OpenAPI, op *huma.Operation) {
	if op.RequestBody == nil {
		return
	}
	for types, media := range op.RequestBody.Content {
		if media.Schema == nil || media.Schema.Format != "binary" {
			continue
		}
		op.RequestBody.Required = false
		delete(op.RequestBody.Content, types)
		for one := range strings.SplitSeq(types, ",") {
			op.RequestBody.Content[one] = &huma.MediaType{}
		}
	}
}

// tag returns what an endpoint is listed under: the first segment of its path
// that tells something.
func tag(pattern string) string {
	segments := strings.FieldsFunc(documentPath(pattern), func(r rune) bool { return r == '/' })
	segments = slices.DeleteFunc(segments, func(s string) bool { return s == "api" || s[0] == '{' })
	if len(segments) == 0 {
		return "root"
	}
	return segments[0]
}

// failures returns the statuses, apart from success, that a caller may see. Of
// 422 and 500 huma knows itself.
func failures(method, pattern string, info fn.Info) []int {
	codes := []int{http.StatusBadRequest, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	if info.Access != fn.Public {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(pattern, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if method != http.MethodGet && method != http.MethodHead {
		codes = append(codes, http.StatusForbidden, http.StatusConflict,
			http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// describeSecurity puts the way to sign in that a asks for into the document.
func describeSecurity(doc *huma.OpenAPI, a fn.Access) {
	switch a {
	case fn.Public:
	case fn.Service:
		doc.Components.SecuritySchemes[schemeKey] = &huma.SecurityScheme{
			Type: "http", Scheme: "bearer", Description: "A machine that presents a key.",
		}
	case fn.SignedIn:
		doc.Components.SecuritySchemes[schemeSession] = &huma.SecurityScheme{
			Type: "apiKey", In: "cookie", Name: "better-auth.session_token", Description: "A signed-in user.",
		}
	}
}

// The names under which the ways to sign in are documented.
const (
	schemeSession = "session"
	schemeKey     = "key"
)

// security returns what a caller needs; see describeSecurity.
func security(a fn.Access) []map[string][]string {
	switch a {
	case fn.Public:
		return []map[string][]string{}
	case fn.Service:
		return []map[string][]string{{schemeKey: {}}}
	case fn.SignedIn:
	}
	return []map[string][]string{{schemeSession: {}}}
}
