// Package eventtypes finds the types of events of a module: who publishes each, and who
// listens.
package eventtypes

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
)

// Type is a type of events, known by its name.
type Type struct {
	Name string
	Data types.Type // nil if nothing says it, or nothing else can name it
	at   token.Position
	// open means that it may come from outside.
	open                           bool
	declared                       bool // it has a method EventName
	foreign                        bool // in another module
	Publishers, Listeners, Cancels map[string]bool
	Sources                        map[string]bool // the AWS services whose records become such events
}

// eventBook collects the types of events.
type eventBook struct {
	*source.Module
	byName map[string]*Type
	byType map[string]*Type // by the key of the type
	// unnamed are types whose name could not be found out, which has been said.
	unnamed map[string]bool
}

// Find finds every type of events: types with a method EventName, types that are published, and
// names to which jobs listen. Of the services of other modules it looks only at those in needed,
// and keeps their events if something here publishes them or listens to them. It returns nil if
// the module does not use events.
func Find(m *source.Module, functions []*function.Function, folders, shared, needed []*source.Folder) []*Type {
	i := slices.IndexFunc(shared, func(f *source.Folder) bool { return f.Path == m.Contract("shared/events") })
	if i < 0 || !shared[i].Declares("Types") {
		return nil
	}
	b := &eventBook{Module: m, byName: map[string]*Type{}, byType: map[string]*Type{}, unnamed: map[string]bool{}}
	sources := slices.DeleteFunc(slices.Concat(folders, shared), func(f *source.Folder) bool {
		return f.Info == nil || f.Pkg == nil || f.Lends != nil
	})
	for _, f := range sources {
		b.declare(f)
	}
	for _, f := range sources {
		if b.speaks(f, needed) {
			b.publishers(f)
		}
	}
	for _, f := range functions {
		b.listen(f)
	}
	for _, f := range functions {
		b.checkReads(f)
	}
	maps.DeleteFunc(b.byName, func(_ string, e *Type) bool { return e.foreign && len(e.Publishers)+len(e.Listeners) == 0 })
	all := slices.SortedFunc(maps.Values(b.byName), func(a, b *Type) int { return cmp.Compare(a.Name, b.Name) })
	for _, e := range all {
		b.judge(e)
	}
	return slices.Concat([]*Type{}, all) // not nil, even if there are none
}

// speaks reports whether the events of f are the program's.
func (b *eventBook) speaks(f *source.Folder, needed []*source.Folder) bool {
	return b.Own(f.Origin) || source.Top(f.Dir) == "functions" || slices.ContainsFunc(needed, func(g *source.Folder) bool {
		return g.Origin == f.Origin && (g == f || f.Below(g))
	})
}

// event returns the type of events called name.
func (b *eventBook) event(name string, at token.Position) *Type {
	e := b.byName[name]
	if e == nil {
		e = &Type{Name: name, at: at, Publishers: map[string]bool{}, Listeners: map[string]bool{}, Cancels: map[string]bool{}, Sources: map[string]bool{}}
		b.byName[name] = e
	}
	return e
}

const wantEventName = "want func (X) EventName() string { return Name }, with a constant"

// declare notes the types of f that have a method EventName.
func (b *eventBook) declare(f *source.Folder) {
	for _, file := range f.Files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Recv == nil || d.Name.Name != "EventName" || len(d.Recv.List) != 1 {
				continue
			}
			t := f.Info.Types[d.Recv.List[0].Type].Type
			if t == nil {
				continue
			}
			named, ok := gotype.Deref(t).(*types.Named)
			if !ok {
				continue
			}
			b.declareType(f, named, d)
		}
	}
}

func (b *eventBook) declareType(f *source.Folder, t *types.Named, d *ast.FuncDecl) {
	at := b.At(d.Pos())
	name, ok := returned(f, d)
	if !ok {
		b.unnamed[gotype.Key(t)] = true
		b.Warn(at, "the name of the event %s is computed, so that it is not known who publishes it and who listens: %s",
			gotype.Show(t, f.Pkg), wantEventName)
		return
	}
	e := b.event(name, at)
	foreign := !b.Own(f.Origin)
	if e.declared {
		if foreign || gotype.Key(e.Data) == gotype.Key(t) { // perhaps nothing needs it; or its function is lent, too
			return
		}
		b.Report(at, "the event %q has two types, %s and %s (%s): one event is one type", name, gotype.Show(t, nil), gotype.Show(e.Data, nil), b.Where(e.at))
		return
	}
	e.declared, e.foreign, e.Data, e.at = true, foreign, t, at
	b.byType[gotype.Key(t)] = e
	b.readOpen(e, t)
}

// returned returns the constant that d returns.
func returned(f *source.Folder, d *ast.FuncDecl) (string, bool) {
	if d.Body == nil || len(d.Body.List) != 1 {
		return "", false
	}
	r, ok := d.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return "", false
	}
	v := f.Info.Types[r.Results[0]].Value
	if v == nil || v.Kind() != constant.String || constant.StringVal(v) == "" {
		return "", false
	}
	return constant.StringVal(v), true
}

// readOpen finds out whether e may come from outside, and whether it then can.
func (b *eventBook) readOpen(e *Type, t *types.Named) {
	machine, webhook := b.embeds(t, "FromMachine"), b.embeds(t, "FromWebhook")
	if e.open = machine || webhook; !e.open {
		return
	}
	if source, kind, ok := strings.Cut(e.Name, "/"); webhook && (!ok || source == "" || kind == "") {
		b.Report(e.at, "the event %q cannot come from a webhook: its name has to be that of the source, a slash and the type of the webhook, "+
			"such as billing/invoice.paid", e.Name)
	}
	if hidden := gotype.Unnameable(t); hidden != "" {
		b.Report(e.at, "the event %q is open to outside, but the catalog cannot name its type: %s", e.Name, hidden)
	}
}

// embeds reports whether t is a struct that embeds the type name of shared/events.
func (b *eventBook) embeds(t types.Type, name string) bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if f.Embedded() && gotype.IsNamed(f.Type(), b.Contract("internal/event"), name) {
			return true
		}
	}
	return false
}

// listen notes what f listens to, and checks that what it gets fits its Input.
func (b *eventBook) listen(f *function.Function) {
	for _, m := range f.Stops {
		b.event(m.Event, m.At).Cancels[f.Name()] = true
	}
	input := inputOf(f)
	b.source(f, input)
	for _, m := range f.Events {
		e := b.event(m.Event, m.At)
		e.Listeners[f.Name()] = true
		switch {
		case input == nil:
		case e.Data == nil:
			e.Data = input // nothing else says what it is
		case gotype.Key(e.Data) != gotype.Key(input):
			if problem := gotype.Misfit(e.Data, input, ""); problem != "" {
				b.Report(m.At, "the event %q is a %s (%s), which does not fit the Input of %s: %s",
					m.Event, gotype.Show(e.Data, f.Pkg), b.Where(e.at), f.Name(), problem)
			}
		}
	}
}

// source notes which sources f takes records from, and checks that its Input is no type
// of what AWS sends that is another one.
func (b *eventBook) source(f *function.Function, input types.Type) {
	for _, s := range f.Sources {
		b.event(s.Event(), s.At).Sources[s.Service()] = true
		named, ok := input.(*types.Named)
		if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != function.LambdaEvents {
			continue
		}
		if gotype.Key(named) != b.record(s.Record) {
			b.Report(s.At, "the Input of %s is %s, but a record of %s is an events.%s", f.Name(), gotype.Show(input, f.Pkg), s.Service(), s.Record)
		}
	}
}

// record returns the key of the type name of what AWS sends, which may be an alias.
func (b *eventBook) record(name string) string {
	if p, err := b.Import(function.LambdaEvents); err == nil {
		if obj := p.Scope().Lookup(name); obj != nil {
			return gotype.Key(obj.Type())
		}
	}
	return function.LambdaEvents + "." + name
}

// inputOf returns the Input of a job, of one event if it takes several at once.
func inputOf(f *function.Function) types.Type {
	if f.Input == nil || gotype.IsInvalid(f.Input) {
		return nil
	}
	p, ok := types.Unalias(f.Input).(*types.Pointer)
	if !ok {
		return nil
	}
	if s, ok := p.Elem().Underlying().(*types.Slice); ok {
		return types.Unalias(s.Elem())
	}
	return types.Unalias(p.Elem())
}

// judge warns of what leads nowhere or comes from nowhere, and forgets a type that
// the catalog cannot name.
func (b *eventBook) judge(e *Type) {
	listened, sent := len(e.Listeners)+len(e.Cancels) > 0, len(e.Publishers)+len(e.Sources) > 0 || e.open
	switch {
	case strings.HasPrefix(e.Name, "inngest/"): // Inngest's own
	case listened && !sent:
		b.Warn(e.at, "nobody publishes the event %q: if it comes from outside, give it a type in shared/ with a method EventName "+
			"that embeds events.FromMachine or events.FromWebhook, and take that as the Input", e.Name)
	case sent && !listened && e.foreign: // a project need not
	case sent && !listened:
		b.Warn(e.at, "nobody listens to the event %q, so that it does nothing: write a job with it in its Events", e.Name)
	case !sent && !listened:
		b.Warn(e.at, "nobody publishes the event %q, and nobody listens to it: remove its type", e.Name)
	}
	if e.Data != nil && (gotype.Unnameable(e.Data) != "" || !isNamedType(e.Data)) {
		e.Data = nil
	}
}

func isNamedType(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Named)
	return ok
}
