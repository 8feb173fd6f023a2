// Package wiring finds the services of a module, and which of them fill the fields of its
// functions.
package wiring

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"switchyard/router/internal/generate/eventtypes"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/spec"
)

// Wiring is what the catalog will say: the functions, and what fills their fields.
type Wiring struct {
	Functions []Wired
	Services  []Opening          // those that are needed, each after those it needs
	Sections  []types.Type       // those that are needed
	Events    []*eventtypes.Type // all there are; nil if the module has no events
	Project   About
}

// Opening is a service, and what fills the parameters of its Open.
type Opening struct {
	*Service
	Needs []Need
}

// Wired is a function, and for each of its exported fields what fills it.
type Wired struct {
	*function.Function
	Needs  []Need
	Admits *Service // nil if nobody has to be admitted, or can be
	Limits *Service // that keeps its rate for all replicas; nil if none does
}

// Need is a field of a function, or a parameter of Open.
type Need struct {
	Field   string     // "" for a parameter, and for what only the host of jobs needs
	service *Service   // or
	section types.Type // if service is nil, or
	Given   string     // what the catalog has itself, and which needs nothing
}

// Wire finds what fills the fields of the functions, and everything that this needs in turn. Each
// job also needs the services hostOfJobs. behind says that only a router calls the functions, which
// has admitted their callers.
func (s *Registry) Wire(functions []*function.Function, hostOfJobs []*Service, behind bool) *Wiring {
	b := &builder{Registry: s, behind: behind, seen: map[string]bool{}}
	for _, f := range functions {
		w := Wired{Function: f}
		for _, field := range f.Fields {
			if n, ok := b.field(f, field); ok {
				w.Needs = append(w.Needs, n)
				b.require(n)
			}
		}
		if f.Durable() {
			for _, v := range hostOfJobs {
				w.Needs = append(w.Needs, Need{service: v})
				b.require(Need{service: v})
			}
		}
		if w.Admits = b.admits(f); w.Admits != nil {
			b.require(Need{service: w.Admits})
		}
		if w.Limits = b.limits(w); w.Limits != nil {
			b.require(Need{service: w.Limits})
		}
		b.Functions = append(b.Functions, w)
	}
	// By name, so that a new function does not move the lines of others.
	slices.SortFunc(b.Sections, func(a, b types.Type) int { return strings.Compare(gotype.Key(a), gotype.Key(b)) })
	placed := map[*Service]bool{}
	for _, v := range s.All {
		b.place(v, placed)
	}
	return &b.Wiring
}

// builder collects a wiring.
type builder struct {
	Wiring
	*Registry
	behind bool
	seen   map[string]bool // keys of the types that are needed
}

// admits returns the service by which a host admits callers to f: people, machines or
// the router before it. It is nil if f is open to all and has no router before it, or if
// there is no such service, so that nobody can be admitted.
func (b *builder) admits(f *function.Function) *Service {
	if f.Durable() {
		return nil
	}
	switch access := f.Access(); {
	case b.behind: // also if it is open to all: only the router knows where the client is
		return b.Named("auth/caller")
	case access == "Public":
		return nil
	case access == "Service":
		return b.Named("auth/apikey")
	}
	return b.Named("auth/betterauth")
}

// limits returns the service that keeps the rate of w for all replicas: through the
// database, if w uses that anyway. Behind a router it is that one's affair.
func (b *builder) limits(w Wired) *Service {
	database := b.Named("db")
	if b.behind || database == nil || !spec.Exact(w.Rate) {
		return nil
	}
	uses := b.needs(w.Admits, database)
	for _, n := range w.Needs {
		uses = uses || b.needs(n.service, database)
	}
	if !uses {
		return nil
	}
	return b.Named("callrate")
}

// needs reports whether v is other, or needs it, perhaps by way of others.
func (b *builder) needs(v, other *Service) bool {
	if v == nil || v == other {
		return v != nil
	}
	return slices.ContainsFunc(v.params, func(p param) bool { return !p.env && b.needs(b.by[gotype.Key(p.typ)], other) })
}

// Opened returns the packages of the services that are needed.
func (w *Wiring) Opened() []*source.Folder {
	var folders []*source.Folder
	for _, v := range w.Services {
		folders = append(folders, v.Folder)
	}
	return folders
}

// Named returns the service of that name, or nil.
func (s *Registry) Named(name string) *Service {
	i := slices.IndexFunc(s.All, func(v *Service) bool { return v.Name() == name })
	if i < 0 {
		return nil
	}
	return s.All[i]
}

// require notes that n is needed, and all that it needs itself.
func (b *builder) require(n Need) {
	if b.seen[n.Key()] {
		return
	}
	b.seen[n.Key()] = true
	if n.Given != "" {
		return
	}
	if n.service == nil {
		b.Sections = append(b.Sections, n.section)
		return
	}
	for _, p := range n.service.params {
		if p.env || p.given != "" || b.by[gotype.Key(p.typ)] != nil {
			b.require(b.param(p))
			continue
		}
		b.reportMissing(p.at, fmt.Sprintf("Open of the service %s takes a *%s", n.service.Name(), gotype.Show(p.typ, nil)), p.typ)
	}
}

// place adds v to the services, after those it needs, if it is needed.
func (b *builder) place(v *Service, placed map[*Service]bool) {
	if placed[v] || !b.seen[gotype.Key(v.Provides)] {
		return
	}
	placed[v] = true
	o := Opening{Service: v}
	for _, p := range v.params {
		n := b.param(p)
		o.Needs = append(o.Needs, n)
		if n.service != nil {
			b.place(n.service, placed)
		}
	}
	b.Services = append(b.Services, o)
}

// Key identifies what n is filled with.
func (n Need) Key() string {
	if n.Given != "" {
		return n.Given
	}
	if n.service == nil {
		return gotype.Key(n.section)
	}
	return gotype.Key(n.service.Provides)
}

// Keys identify all that w is given: what fills its fields, and who admits and limits its callers.
func (w Wired) Keys() []string {
	var keys []string
	for _, n := range w.Needs {
		keys = append(keys, n.Key())
	}
	for _, s := range []*Service{w.Admits, w.Limits} {
		if s != nil {
			keys = append(keys, gotype.Key(s.Provides))
		}
	}
	return keys
}

// param returns what fills p; neither a service nor a section if nothing does.
func (s *Registry) param(p param) Need {
	if p.env || p.given != "" {
		return Need{section: p.typ, Given: p.given}
	}
	return Need{service: s.by[gotype.Key(p.typ)]}
}

// field returns what fills a field of f, or reports that nothing does.
func (b *builder) field(f *function.Function, field *types.Var) (Need, bool) {
	t := field.Type()
	if gotype.IsInvalid(t) {
		return Need{}, false
	}
	if b.isSection(t) {
		return Need{Field: field.Name(), section: types.Unalias(t)}, true
	}
	pointed := gotype.Pointee(t)
	if pointed != nil && b.by[gotype.Key(pointed)] != nil {
		return Need{Field: field.Name(), service: b.by[gotype.Key(pointed)]}, true
	}
	at := b.At(field.Pos())
	what := fmt.Sprintf("the field %s of Function is a %s", field.Name(), gotype.Show(t, f.Pkg))
	switch {
	case pointed != nil && b.isSection(pointed):
		b.Report(at, "%s: take the section by value, as %s", what, gotype.Show(pointed, f.Pkg))
	case pointed != nil:
		b.reportMissing(at, what, pointed)
	case b.by[gotype.Key(t)] != nil:
		b.Report(at, "%s: take the service as a pointer, as *%s", what, gotype.Show(t, f.Pkg))
	case b.fromConfig(t):
		b.Report(at, "%s, which is no section: none of its fields has an env tag", what)
	default:
		b.Report(at, "%s, which no service provides: a service is a pointer that a package in shared/ opens, a setting is "+
			"a section of the environment; what is neither must not be exported", what)
	}
	return Need{}, false
}

// reportMissing reports that no service provides a *t, and how to provide it.
func (b *builder) reportMissing(at token.Position, what string, t types.Type) {
	pkg := t.(*types.Named).Obj().Pkg()
	o, dir := b.Holding(gotype.PathOf(pkg))
	if o != nil {
		dir = b.Shown(o, dir)
	}
	switch reason, inShared := b.reason[gotype.PathOf(pkg)]; {
	case b.Broken && (dir == "" || !inShared):
		// Perhaps the service that could not be read provides it.
	case b.fromConfig(t):
		b.Report(at, "%s, which is no section: none of its fields has an env tag", what)
	case reason != "":
		b.Report(at, "%s, which no service provides: %s is not a service, since %s", what, dir, reason)
	case inShared && b.Own(o):
		b.Report(at, "%s, which no service provides: add func Open(ctx context.Context, c config.X) (*%s, error) to %s, "+
			"with the sections of the environment and the services it needs as parameters", what, gotype.NameOf(t), dir)
	case source.Top(dir) == "shared":
		// A package of shared/ with an Open that could not be read, as has been reported.
	default:
		b.Report(at, "%s, which no service provides: add a package to shared/ with func Open(ctx context.Context, c config.X) (*%s, error), "+
			"with the sections of the environment and the services it needs as parameters", what, gotype.Show(t, nil))
	}
}

// fromConfig reports whether t is declared in shared/config: the framework's, this module's or
// that of one that lends.
func (b *builder) fromConfig(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	_, dir := b.Holding(n.Obj().Pkg().Path())
	return dir == "shared/config"
}

// TakesEvents reports whether the service is opened with the types of events.
func (o Opening) TakesEvents() bool {
	return slices.ContainsFunc(o.Needs, func(n Need) bool { return n.Given == givenEvents })
}

// HasJobs reports whether Inngest runs some of the functions.
func (w *Wiring) HasJobs() bool {
	return slices.ContainsFunc(w.Functions, func(f Wired) bool { return f.Durable() })
}
