package generate

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// service is a package of shared/ that opens something.
type service struct {
	*folder
	provides types.Type // the T of its *T
	params   []param    // of Open, without the context
	at       token.Position
}

// param is a parameter of Open.
type param struct {
	typ   types.Type // a section, the T of a *T, or what the catalog has itself
	env   bool       // it is a section
	given string     // what the catalog calls it, if it has it itself: "project"
	at    token.Position
}

// registry is what shared/ offers.
type registry struct {
	by     map[string]*service // by the key of the type they provide
	all    []*service          // in the order of their names
	reason map[string]string   // import path -> why it is not a service
	// broken means that a package with an Open could not be read, so that by and
	// all are not complete.
	broken bool
}

// mayBeService reports whether a package of shared/ has what could be the Open of
// a service.
func (f *folder) mayBeService() bool {
	return !strings.HasSuffix(f.dir, "test") &&
		!slices.Contains(strings.Split(f.dir, "/"), "internal") && f.declares("Open")
}

// findServices finds the services among the packages of shared/.
func (m *module) findServices(folders []*folder) *registry {
	s := &registry{by: map[string]*service{}, reason: map[string]string{}}
	for _, f := range folders {
		switch {
		case strings.HasSuffix(f.dir, "test"):
			s.reason[f.path] = m.shown(f.origin, f.dir) + " is for tests"
		case !f.mayBeService():
			s.reason[f.path] = ""
		case f.pkg == nil:
			s.broken = true
		default:
			m.addService(s, f)
		}
	}
	m.checkCycles(s)
	return s
}

func (m *module) addService(s *registry, f *folder) {
	v, reason := m.service(f)
	if reason != "" {
		s.reason[f.path] = reason
		return
	}
	if other := s.named(v.name()); other != nil && key(other.provides) != key(v.provides) {
		m.report(v.at, "there are two services called %s, this and that of %s (%s): rename the folder", v.name(), other.path, m.where(other.at))
		return
	}
	if other := s.by[key(v.provides)]; other != nil {
		m.report(v.at, "%s and %s (%s) both open a *%s: only one service may provide a type",
			m.shown(v.origin, v.dir), m.shown(other.origin, other.dir), m.where(other.at), show(v.provides, nil))
		return
	}
	s.by[key(v.provides)] = v
	s.all = append(s.all, v)
}

// service returns the service that f is, or why it is none.
func (m *module) service(f *folder) (v *service, reason string) {
	open, ok := f.pkg.Scope().Lookup("Open").(*types.Func)
	if !ok {
		return nil, "Open is not a function"
	}
	sig := open.Signature()
	decl := f.function("Open")
	no := func(format string, args ...any) (*service, string) {
		return nil, fmt.Sprintf("its %s (%s) ", showFunc("Open", sig, f.pkg), m.where(m.at(decl.Pos()))) + fmt.Sprintf(format, args...)
	}
	switch {
	case sig.TypeParams() != nil:
		return no("has type parameters")
	case sig.Variadic():
		return no("is variadic")
	case sig.Params().Len() == 0 || !isNamed(sig.Params().At(0).Type(), "context", "Context"):
		return no("does not take a context.Context first")
	case sig.Results().Len() != 2 || !isError(sig.Results().At(1).Type()):
		return no("does not return (*T, error)")
	}
	provides := pointee(sig.Results().At(0).Type())
	if provides == nil {
		return no("does not return (*T, error)")
	}
	if hidden := unnameable(provides); hidden != "" {
		return no("returns a type that the catalog cannot name: %s", hidden)
	}
	v = &service{folder: f, provides: provides, at: m.at(decl.Pos())}
	places := paramPositions(decl)
	for i := 1; i < sig.Params().Len(); i++ {
		p := param{typ: types.Unalias(sig.Params().At(i).Type()), at: m.at(places[i])}
		p.env, p.given = m.isSection(p.typ), m.given(p.typ)
		if !p.env && p.given == "" {
			if p.typ = pointee(p.typ); p.typ == nil {
				return no("takes a %s, which is neither a section of shared/config nor a pointer to another service",
					show(sig.Params().At(i).Type(), nil))
			}
		}
		v.params = append(v.params, p)
	}
	return v, ""
}

// What the catalog has itself, and gives to services that take it.
const (
	givenEvents  = "Events()" // events.Types
	givenProject = "project"  // fn.Project
)

// given returns what the catalog calls its own value of type t, or "".
func (m *module) given(t types.Type) string {
	switch {
	case isNamed(t, m.contract("internal/event"), "Types"):
		return givenEvents
	case isNamed(t, m.contract("shared/fn"), "Project"):
		return givenProject
	}
	return ""
}

// function returns the declaration of the function name.
func (f *folder) function(name string) *ast.FuncDecl {
	for _, file := range f.files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == name {
				return d
			}
		}
	}
	return nil
}

// paramPositions returns where each parameter of decl stands.
func paramPositions(decl *ast.FuncDecl) []token.Pos {
	var places []token.Pos
	for _, field := range decl.Type.Params.List {
		for range max(len(field.Names), 1) {
			places = append(places, field.Pos())
		}
	}
	return places
}

// isConfig reports whether p is shared/config: the framework's, this module's or that of one
// that lends.
func (m *module) isConfig(p *types.Package) bool {
	if p == nil {
		return false
	}
	_, dir := m.holding(p.Path())
	return dir == "shared/config"
}

// isSection reports whether t is a section of the environment: a struct of
// shared/config with variables in it.
func (m *module) isSection(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || !m.isConfig(n.Obj().Pkg()) || !n.Obj().Exported() {
		return false
	}
	return hasVariables(n)
}

func hasVariables(t types.Type) bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for i := range s.NumFields() {
		_, variable := reflect.StructTag(s.Tag(i)).Lookup("env")
		if variable || s.Field(i).Embedded() && hasVariables(s.Field(i).Type()) {
			return true
		}
	}
	return false
}

// checkCycles reports services that need themselves, by way of others.
func (m *module) checkCycles(s *registry) {
	done := map[*service]bool{}
	var path []*service
	var visit func(v *service)
	visit = func(v *service) {
		if i := slices.Index(path, v); i >= 0 {
			m.reportCycle(s, path[i:])
			return
		}
		if done[v] {
			return
		}
		done[v] = true
		path = append(path, v)
		for _, p := range v.params {
			if next := s.by[key(p.typ)]; next != nil && !p.env {
				visit(next)
			}
		}
		path = path[:len(path)-1]
	}
	for _, v := range s.all {
		visit(v)
	}
}

func (m *module) reportCycle(s *registry, cycle []*service) {
	var names, needs []string
	for i, v := range cycle {
		next := cycle[(i+1)%len(cycle)]
		names = append(names, v.name())
		for _, p := range v.params {
			if s.by[key(p.typ)] == next && !p.env {
				needs = append(needs, fmt.Sprintf("%s needs %s: %s", v.name(), next.name(), m.where(p.at)))
			}
		}
	}
	m.report(cycle[0].at, "services need each other in a circle, so that none can be opened first: %s -> %s\n%s",
		strings.Join(names, " -> "), names[0], strings.Join(needs, "\n"))
}
