package wiring

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
)

// Service is a package of shared/ that opens something.
type Service struct {
	*source.Folder
	Provides types.Type // the T of its *T
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

// Registry is the services that the packages of shared/ offer.
type Registry struct {
	*source.Module
	by     map[string]*Service // by the key of the type they provide
	All    []*Service          // in the order of their names
	reason map[string]string   // import path -> why it is not a service
	// Broken means that a package with an Open could not be read, so that by and
	// all are not complete.
	Broken bool
}

// FindServices finds the services among the packages of shared/.
func FindServices(m *source.Module, folders []*source.Folder) *Registry {
	s := &Registry{Module: m, by: map[string]*Service{}, reason: map[string]string{}}
	for _, f := range folders {
		switch {
		case strings.HasSuffix(f.Dir, "test"):
			s.reason[f.Path] = m.Shown(f.Origin, f.Dir) + " is for tests"
		case !f.MayBeService():
			s.reason[f.Path] = ""
		case f.Pkg == nil:
			s.Broken = true
		default:
			s.add(f)
		}
	}
	s.checkCycles()
	return s
}

func (s *Registry) add(f *source.Folder) {
	v, reason := s.service(f)
	if reason != "" {
		s.reason[f.Path] = reason
		return
	}
	if other := s.Named(v.Name()); other != nil && gotype.Key(other.Provides) != gotype.Key(v.Provides) {
		s.Report(v.at, "there are two services called %s, this and that of %s (%s): rename the folder", v.Name(), other.Path, s.Where(other.at))
		return
	}
	if other := s.by[gotype.Key(v.Provides)]; other != nil {
		s.Report(v.at, "%s and %s (%s) both open a *%s: only one service may provide a type",
			s.Shown(v.Origin, v.Dir), s.Shown(other.Origin, other.Dir), s.Where(other.at), gotype.Show(v.Provides, nil))
		return
	}
	s.by[gotype.Key(v.Provides)] = v
	s.All = append(s.All, v)
}

// service returns the service that f is, or why it is none.
func (s *Registry) service(f *source.Folder) (v *Service, reason string) {
	open, ok := f.Pkg.Scope().Lookup("Open").(*types.Func)
	if !ok {
		return nil, "Open is not a function"
	}
	sig := open.Signature()
	decl := f.Function("Open")
	no := func(format string, args ...any) (*Service, string) {
		return nil, fmt.Sprintf("its %s (%s) ", gotype.ShowFunc("Open", sig, f.Pkg), s.Where(s.At(decl.Pos()))) + fmt.Sprintf(format, args...)
	}
	switch {
	case sig.TypeParams() != nil:
		return no("has type parameters")
	case sig.Variadic():
		return no("is variadic")
	case sig.Params().Len() == 0 || !gotype.IsNamed(sig.Params().At(0).Type(), "context", "Context"):
		return no("does not take a context.Context first")
	case sig.Results().Len() != 2 || !gotype.IsError(sig.Results().At(1).Type()):
		return no("does not return (*T, error)")
	}
	provides := gotype.Pointee(sig.Results().At(0).Type())
	if provides == nil {
		return no("does not return (*T, error)")
	}
	if hidden := gotype.Unnameable(provides); hidden != "" {
		return no("returns a type that the catalog cannot name: %s", hidden)
	}
	v = &Service{Folder: f, Provides: provides, at: s.At(decl.Pos())}
	places := paramPositions(decl)
	for i := 1; i < sig.Params().Len(); i++ {
		p := param{typ: types.Unalias(sig.Params().At(i).Type()), at: s.At(places[i])}
		p.env, p.given = s.isSection(p.typ), s.given(p.typ)
		if !p.env && p.given == "" {
			if p.typ = gotype.Pointee(p.typ); p.typ == nil {
				return no("takes a %s, which is neither a section of the environment nor a pointer to another service",
					gotype.Show(sig.Params().At(i).Type(), nil))
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
func (s *Registry) given(t types.Type) string {
	switch {
	case gotype.IsNamed(t, s.Contract("internal/event"), "Types"):
		return givenEvents
	case gotype.IsNamed(t, s.Contract("shared/fn"), "Project"):
		return givenProject
	}
	return ""
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

// isSection reports whether t is a section of the environment: a struct with variables in it,
// of shared/config or of another package of shared/ that the catalog can import.
func (s *Registry) isSection(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || gotype.Unnameable(n) != "" {
		return false
	}
	_, dir := s.Holding(n.Obj().Pkg().Path())
	return source.Top(dir) == "shared" && hasVariables(n)
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
func (s *Registry) checkCycles() {
	done := map[*Service]bool{}
	var path []*Service
	var visit func(v *Service)
	visit = func(v *Service) {
		if i := slices.Index(path, v); i >= 0 {
			s.reportCycle(path[i:])
			return
		}
		if done[v] {
			return
		}
		done[v] = true
		path = append(path, v)
		for _, p := range v.params {
			if next := s.by[gotype.Key(p.typ)]; next != nil && !p.env {
				visit(next)
			}
		}
		path = path[:len(path)-1]
	}
	for _, v := range s.All {
		visit(v)
	}
}

func (s *Registry) reportCycle(cycle []*Service) {
	var names, needs []string
	for i, v := range cycle {
		next := cycle[(i+1)%len(cycle)]
		names = append(names, v.Name())
		for _, p := range v.params {
			if s.by[gotype.Key(p.typ)] == next && !p.env {
				needs = append(needs, fmt.Sprintf("%s needs %s: %s", v.Name(), next.Name(), s.Where(p.at)))
			}
		}
	}
	s.Report(cycle[0].at, "services need each other in a circle, so that none can be opened first: %s -> %s\n%s",
		strings.Join(names, " -> "), names[0], strings.Join(needs, "\n"))
}
