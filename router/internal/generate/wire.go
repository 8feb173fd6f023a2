package generate

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// wiring is the catalog before it is written down.
type wiring struct {
	functions []wired
	services  []opening    // those that are needed, each after those it needs
	sections  []types.Type // those that are needed
	events    []*eventType // all there are; nil if the module has no events
}

// opening is a service, and what fills the parameters of its Open.
type opening struct {
	*service
	needs []need
}

// wired is a function, and for each of its exported fields what fills it.
type wired struct {
	*function
	needs  []need
	admits *service // nil if nobody has to be admitted, or can be
}

// need is a field of a function, or a parameter of Open.
type need struct {
	field   string     // "" for a parameter, and for what only the host of jobs needs
	service *service   // or
	section types.Type // if service is nil, or
	given   string     // what the catalog has itself, and which needs nothing
}

// wire finds what fills the fields of the functions, and all that this needs. To what
// jobs need it adds what hostOfJobs names; and if the functions are behind a router,
// that is who admits callers.
func (m *module) wire(functions []*function, s *registry, hostOfJobs []*service, behind bool) *wiring {
	b := &builder{module: m, registry: s, behind: behind, seen: map[string]bool{}}
	for _, f := range functions {
		w := wired{function: f}
		for _, field := range f.fields {
			if n, ok := b.field(f, field); ok {
				w.needs = append(w.needs, n)
				b.require(n)
			}
		}
		if f.durable() {
			for _, v := range hostOfJobs {
				w.needs = append(w.needs, need{service: v})
				b.require(need{service: v})
			}
		}
		if w.admits = b.admits(f); w.admits != nil {
			b.require(need{service: w.admits})
		}
		b.functions = append(b.functions, w)
	}
	// By name, so that a new function does not move the lines of others.
	slices.SortFunc(b.sections, func(a, b types.Type) int { return strings.Compare(key(a), key(b)) })
	placed := map[*service]bool{}
	for _, v := range s.all {
		b.place(v, placed)
	}
	return &b.wiring
}

// builder collects a wiring.
type builder struct {
	wiring
	*module
	*registry
	behind bool
	seen   map[string]bool // keys of the types that are needed
}

// admits returns the service by which a host admits callers to f: people, machines or
// the router before it. It is nil if f is open to all and has no router before it, or if
// there is no such service, so that nobody can be admitted.
func (b *builder) admits(f *function) *service {
	if f.durable() {
		return nil
	}
	switch access := b.access(f); {
	case b.behind: // also if it is open to all: only the router knows where the client is
		return b.named("auth/caller")
	case access == "Public":
		return nil
	case access == "Service":
		return b.named("auth/apikey")
	}
	return b.named("auth/betterauth")
}

// named returns the service of that name, or nil.
func (s *registry) named(name string) *service {
	i := slices.IndexFunc(s.all, func(v *service) bool { return v.name() == name })
	if i < 0 {
		return nil
	}
	return s.all[i]
}

// require notes that n is needed, and all that it needs itself.
func (b *builder) require(n need) {
	if b.seen[n.key()] {
		return
	}
	b.seen[n.key()] = true
	if n.given != "" {
		return
	}
	if n.service == nil {
		b.sections = append(b.sections, n.section)
		return
	}
	for _, p := range n.service.params {
		if p.env || p.given != "" || b.by[key(p.typ)] != nil {
			b.require(b.param(p))
			continue
		}
		b.reportMissing(p.at, fmt.Sprintf("Open of the service %s takes a *%s", n.service.name(), show(p.typ, nil)), p.typ)
	}
}

// place adds v to the services, after those it needs, if it is needed.
func (b *builder) place(v *service, placed map[*service]bool) {
	if placed[v] || !b.seen[key(v.provides)] {
		return
	}
	placed[v] = true
	o := opening{service: v}
	for _, p := range v.params {
		n := b.param(p)
		o.needs = append(o.needs, n)
		if n.service != nil {
			b.place(n.service, placed)
		}
	}
	b.services = append(b.services, o)
}

// key identifies what n is filled with.
func (n need) key() string {
	if n.given != "" {
		return n.given
	}
	if n.service == nil {
		return key(n.section)
	}
	return key(n.service.provides)
}

// param returns what fills p; neither a service nor a section if nothing does.
func (s *registry) param(p param) need {
	if p.env || p.given != "" {
		return need{section: p.typ, given: p.given}
	}
	return need{service: s.by[key(p.typ)]}
}

// field returns what fills a field of f, or reports that nothing does.
func (b *builder) field(f *function, field *types.Var) (need, bool) {
	t := field.Type()
	if isInvalid(t) {
		return need{}, false
	}
	if b.isSection(t) {
		return need{field: field.Name(), section: types.Unalias(t)}, true
	}
	pointed := pointee(t)
	if pointed != nil && b.by[key(pointed)] != nil {
		return need{field: field.Name(), service: b.by[key(pointed)]}, true
	}
	at := b.at(field.Pos())
	what := fmt.Sprintf("the field %s of Function is a %s", field.Name(), show(t, f.pkg))
	switch {
	case pointed != nil && b.isSection(pointed):
		b.report(at, "%s: take the section by value, as %s", what, show(pointed, f.pkg))
	case pointed != nil:
		b.reportMissing(at, what, pointed)
	case b.by[key(t)] != nil:
		b.report(at, "%s: take the service as a pointer, as *%s", what, show(t, f.pkg))
	case b.fromConfig(t):
		b.report(at, "%s, which is no section: none of its fields has an env tag", what)
	default:
		b.report(at, "%s, which no service provides: a service is a pointer that a package in shared/ opens, a setting is "+
			"a section of shared/config; what is neither must not be exported", what)
	}
	return need{}, false
}

// reportMissing reports that no service provides a *t, and how to provide it.
func (b *builder) reportMissing(at token.Position, what string, t types.Type) {
	pkg := t.(*types.Named).Obj().Pkg()
	o, dir := b.holding(pathOf(pkg))
	if o != nil {
		dir = b.shown(o, dir)
	}
	switch reason, inShared := b.reason[pathOf(pkg)]; {
	case b.broken && (dir == "" || !inShared):
		// Perhaps the service that could not be read provides it.
	case b.fromConfig(t):
		b.report(at, "%s, which is no section: none of its fields has an env tag", what)
	case reason != "":
		b.report(at, "%s, which no service provides: %s is not a service, since %s", what, dir, reason)
	case inShared && b.own(o):
		b.report(at, "%s, which no service provides: add func Open(ctx context.Context, c config.X) (*%s, error) to %s, "+
			"with the sections of shared/config and the services it needs as parameters", what, nameOf(t), dir)
	case top(dir) == "shared":
		// A package of shared/ with an Open that could not be read, as has been reported.
	default:
		b.report(at, "%s, which no service provides: add a package to shared/ with func Open(ctx context.Context, c config.X) (*%s, error), "+
			"with the sections of shared/config and the services it needs as parameters", what, show(t, nil))
	}
}

// fromConfig reports whether t is declared in shared/config.
func (b *builder) fromConfig(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && b.isConfig(n.Obj().Pkg())
}

func pathOf(p *types.Package) string {
	if p == nil {
		return ""
	}
	return p.Path()
}

// nameOf returns the name of a named type, without its package.
func nameOf(t types.Type) string { return t.(*types.Named).Obj().Name() }
