// Package endpoint binds typed functions to HTTP: it decodes and validates their
// input, encodes their output, and documents both as OpenAPI 3.1, all by huma.
// Whatever goes wrong is answered by package answer.
package endpoint

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/answer"
	"switchyard/shared/fn"
)

// Binding is a typed function whose types only the compiler needs to know. Make
// one with [New].
type Binding interface {
	register(api huma.API, op huma.Operation)
}

// Handler is a typed function.
type Handler[I, O any] interface {
	Handle(ctx context.Context, in *I) (*O, error)
}

// New returns the binding of f.
func New[I, O any](f Handler[I, O]) Binding { return binding[I, O]{f} }

type binding[I, O any] struct{ f Handler[I, O] }

func (b binding[I, O]) register(api huma.API, op huma.Operation) {
	// A RawBody is for the function to understand, even if it is JSON.
	_, op.SkipValidateBody = reflect.TypeFor[I]().FieldByName("RawBody")
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := b.f.Handle(ctx, in)
		if err != nil {
			return nil, answer.For(ctx, err)
		}
		return out, nil
	})
}

// readGrace is how much longer than the function a body may take. The host ends
// a call at its deadline; the connection must not break before that, because its
// end would look like a client that is gone.
const readGrace = time.Second

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
		// huma refuses a body that fills its limit, we one that exceeds it.
		MaxBodyBytes:    info.MaxBody + 1,
		BodyReadTimeout: info.Timeout + readGrace,
		Security:        security(info.Access),
		Errors:          failures(method, pattern, info),
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
		op.RequestBody.Required = false // huma looks here too, at each request
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
			http.StatusRequestEntityTooLarge)
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
