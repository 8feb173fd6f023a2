package function

import (
	"fmt"
	"go/token"
	"go/types"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/spec"
)

// route is a pattern that a function answers to.
type route struct {
	*Function
	pattern string
	at      token.Position
}

// hostRoutes returns the routes of the host itself, as package serve registers
// them.
func hostRoutes() []string {
	return []string{
		"GET /livez", "GET /readyz", "GET /metrics", "GET /openapi.json", "GET /openapi.yaml",
		"GET /docs", "GET /docs/{asset}", "GET /api/inngest", "POST /api/inngest", "PUT /api/inngest",
	}
}

// hostPaths returns the paths that are the host's, whatever the method. What ends
// in a slash stands for all below it too.
func hostPaths() []string {
	return []string{
		"/livez", "/readyz", "/metrics", "/openapi.json", "/openapi.yaml", "/docs", "/docs/", "/api/inngest",
	}
}

// verbs returns the methods that a route may have.
func verbs() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions,
	}
}

// checkRoutes reports routes that are invalid, taken or reserved, and endpoints
// whose path parameters do not match their Input.
func (m *reader) checkRoutes(routes []*route) {
	mux := http.NewServeMux()
	for _, pattern := range hostRoutes() {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	var registered []*route
	for _, r := range routes {
		if problem := r.invalid(); problem != "" {
			m.Report(r.at, "Route %q %s", r.pattern, problem)
			continue
		}
		if owner := r.reserved(); owner != "" {
			m.Report(r.at, "Route %q is reserved: the host itself answers %s", r.pattern, owner)
			continue
		}
		if r.Kind == Endpoint {
			m.checkPathParams(r)
		}
		m.checkOptions(r)
		problem := register(mux, r.pattern)
		if problem == "" {
			registered = append(registered, r)
			continue
		}
		m.reportConflict(r, problem, registered)
	}
}

// invalid says what is wrong with the pattern as such, or "".
func (r *route) invalid() string {
	method, path, found := strings.Cut(r.pattern, " ")
	path = strings.TrimLeft(path, " \t")
	if !found {
		method, path = "", r.pattern
	}
	switch {
	case r.Kind == Endpoint && method == "":
		return fmt.Sprintf("has no method: an endpoint answers to one, as in %q", "GET "+r.pattern)
	case method != "" && !slices.Contains(verbs(), method):
		return fmt.Sprintf("has the unknown method %q: want one of %s", method, strings.Join(verbs(), ", "))
	case r.Kind == Endpoint && !strings.HasPrefix(path, "/"):
		return fmt.Sprintf("does not begin with a slash: want %q", method+" /"+path)
	}
	if problem := register(http.NewServeMux(), r.pattern); problem != "" {
		return "is not a pattern of http.ServeMux: " + problem
	}
	return ""
}

// reserved returns the path of the host that r would take over, or "". A pattern
// with wildcards that is less specific may stay.
func (r *route) reserved() string {
	_, path, found := strings.Cut(r.pattern, "/")
	if !found {
		return ""
	}
	path = strings.TrimSuffix("/"+path, "/{$}")
	for _, own := range hostPaths() {
		if path == own || strings.HasSuffix(own, "/") && strings.HasPrefix(path, own) {
			return own
		}
	}
	return ""
}

// reportConflict names every function that r cannot live together with.
func (m *reader) reportConflict(r *route, problem string, registered []*route) {
	found := false
	for _, other := range registered {
		mux := http.NewServeMux()
		register(mux, other.pattern)
		if why := register(mux, r.pattern); why != "" {
			found = true
			m.Report(r.at, "Route %q of %s conflicts with %q of %s (%s): %s",
				r.pattern, r.Name(), other.pattern, other.Name(), m.Where(other.at), why)
		}
	}
	if !found {
		m.Report(r.at, "Route %q conflicts with a route of the host itself: %s", r.pattern, problem)
	}
}

// register adds pattern to mux, and returns what mux has against it.
func register(mux *http.ServeMux, pattern string) (problem string) {
	defer func() {
		if p := recover(); p != nil {
			problem = fmt.Sprint(p)
			// Of a conflict, the explanation follows where the two were registered.
			if _, why, ok := strings.Cut(problem, "):\n"); ok {
				problem = strings.ReplaceAll(why, "\n", " ")
			}
		}
	}()
	mux.Handle(pattern, http.NotFoundHandler())
	return ""
}

// checkPathParams reports path parameters that stand only in the Route or only
// in the Input of an endpoint.
func (m *reader) checkPathParams(r *route) {
	if r.Input == nil {
		return
	}
	inRoute := map[string]bool{}
	for _, name := range spec.Params(r.pattern) {
		inRoute[name] = true
	}
	inInput := map[string]*types.Var{}
	pathFields(r.Input, inInput, map[types.Type]bool{})
	for _, name := range sorted(inRoute) {
		if inInput[name] == nil {
			m.Report(r.at, "Route %q has the parameter {%s}, but %s has no field for it: want one with the tag `path:%q`",
				r.pattern, name, gotype.Show(r.Input, r.Pkg), name)
		}
	}
	for name, field := range inInput {
		if inRoute[name] {
			continue
		}
		at := r.at
		if field.Pkg() == r.Pkg {
			at = m.At(field.Pos())
		}
		m.Report(at, "the field %s has the tag `path:%q`, but Route %q (%s) has no parameter {%s}",
			field.Name(), name, r.pattern, m.Where(r.at), name)
	}
}

// pathFields collects the fields with a path tag, as huma finds them: in t and
// the structs it embeds, but not in its Body.
func pathFields(t types.Type, found map[string]*types.Var, seen map[types.Type]bool) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] {
		return
	}
	seen[t] = true
	for i := range s.NumFields() {
		field := s.Field(i)
		switch tag := reflect.StructTag(s.Tag(i)).Get("path"); {
		case !field.Exported() || field.Name() == "Body":
		case field.Embedded():
			pathFields(field.Type(), found, seen)
		case tag != "":
			found[tag] = field
		}
	}
}
