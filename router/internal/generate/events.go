package generate

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// eventType is a type of events, known by its name.
type eventType struct {
	name string
	data types.Type // nil if nothing says it, or nothing else can name it
	at   token.Position
	// open means that it may come from outside.
	open                           bool
	declared                       bool // it has a method EventName
	foreign                        bool // in another module
	publishers, listeners, cancels map[string]bool
	sources                        map[string]bool // the AWS services whose records become such events
}

// eventBook collects the types of events.
type eventBook struct {
	*module
	byName map[string]*eventType
	byType map[string]*eventType // by the key of the type
	// unnamed are types whose name could not be found out, which has been said.
	unnamed map[string]bool
}

// findEvents finds every type of events: those that have a method EventName, that
// are published, and that jobs listen to. Of the services of other modules it looks at those
// that are needed, and keeps their events if something here publishes them or listens. It
// returns nil if there are no events.
func (m *module) findEvents(functions []*function, folders, shared []*folder, needed []opening) []*eventType {
	i := slices.IndexFunc(shared, func(f *folder) bool { return f.path == m.contract("shared/events") })
	if i < 0 || !shared[i].declares("Types") {
		return nil
	}
	b := &eventBook{module: m, byName: map[string]*eventType{}, byType: map[string]*eventType{}, unnamed: map[string]bool{}}
	sources := slices.DeleteFunc(slices.Concat(folders, shared), func(f *folder) bool {
		return f.info == nil || f.pkg == nil || f.lends != nil
	})
	for _, f := range sources {
		b.declare(f)
	}
	for _, f := range sources {
		if m.speaks(f, needed) {
			b.publishers(f)
		}
	}
	for _, f := range functions {
		b.listen(f)
	}
	for _, f := range functions {
		b.checkReads(f)
	}
	maps.DeleteFunc(b.byName, func(_ string, e *eventType) bool { return e.foreign && len(e.publishers)+len(e.listeners) == 0 })
	all := slices.SortedFunc(maps.Values(b.byName), func(a, b *eventType) int { return cmp.Compare(a.name, b.name) })
	for _, e := range all {
		b.judge(e)
	}
	return slices.Concat([]*eventType{}, all) // not nil, even if there are none
}

// speaks reports whether the events of f are the program's.
func (m *module) speaks(f *folder, needed []opening) bool {
	return m.own(f.origin) || top(f.dir) == "functions" || slices.ContainsFunc(needed, func(o opening) bool {
		return o.origin == f.origin && (o.dir == f.dir || strings.HasPrefix(f.dir, o.dir+"/"))
	})
}

// event returns the type of events called name.
func (b *eventBook) event(name string, at token.Position) *eventType {
	e := b.byName[name]
	if e == nil {
		e = &eventType{name: name, at: at, publishers: map[string]bool{}, listeners: map[string]bool{}, cancels: map[string]bool{}, sources: map[string]bool{}}
		b.byName[name] = e
	}
	return e
}

const wantEventName = "want func (X) EventName() string { return Name }, with a constant"

// declare notes the types of f that have a method EventName.
func (b *eventBook) declare(f *folder) {
	for _, file := range f.files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Recv == nil || d.Name.Name != "EventName" || len(d.Recv.List) != 1 {
				continue
			}
			t := f.info.Types[d.Recv.List[0].Type].Type
			if t == nil {
				continue
			}
			named, ok := deref(t).(*types.Named)
			if !ok {
				continue
			}
			b.declareType(f, named, d)
		}
	}
}

func (b *eventBook) declareType(f *folder, t *types.Named, d *ast.FuncDecl) {
	at := b.at(d.Pos())
	name, ok := returned(f, d)
	if !ok {
		b.unnamed[key(t)] = true
		b.warn(at, "the name of the event %s is computed, so that it is not known who publishes it and who listens: %s",
			show(t, f.pkg), wantEventName)
		return
	}
	e := b.event(name, at)
	foreign := !b.own(f.origin)
	if e.declared {
		if foreign || key(e.data) == key(t) { // perhaps nothing needs it; or its function is lent, too
			return
		}
		b.report(at, "the event %q has two types, %s and %s (%s): one event is one type", name, show(t, nil), show(e.data, nil), b.where(e.at))
		return
	}
	e.declared, e.foreign, e.data, e.at = true, foreign, t, at
	b.byType[key(t)] = e
	b.readOpen(e, t)
}

// returned returns the constant that d returns.
func returned(f *folder, d *ast.FuncDecl) (string, bool) {
	if d.Body == nil || len(d.Body.List) != 1 {
		return "", false
	}
	r, ok := d.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return "", false
	}
	v := f.info.Types[r.Results[0]].Value
	if v == nil || v.Kind() != constant.String || constant.StringVal(v) == "" {
		return "", false
	}
	return constant.StringVal(v), true
}

// readOpen finds out whether e may come from outside, and whether it then can.
func (b *eventBook) readOpen(e *eventType, t *types.Named) {
	machine, webhook := b.embeds(t, "FromMachine"), b.embeds(t, "FromWebhook")
	if e.open = machine || webhook; !e.open {
		return
	}
	if source, kind, ok := strings.Cut(e.name, "/"); webhook && (!ok || source == "" || kind == "") {
		b.report(e.at, "the event %q cannot come from a webhook: its name has to be that of the source, a slash and the type of the webhook, "+
			"such as billing/invoice.paid", e.name)
	}
	if hidden := unnameable(t); hidden != "" {
		b.report(e.at, "the event %q is open to outside, but the catalog cannot name its type: %s", e.name, hidden)
	}
}

// embeds reports whether t is a struct that embeds the type name of shared/events.
func (b *eventBook) embeds(t types.Type, name string) bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if f.Embedded() && isNamed(f.Type(), b.contract("internal/event"), name) {
			return true
		}
	}
	return false
}

// listen notes what f listens to, and checks that what it gets fits its Input.
func (b *eventBook) listen(f *function) {
	for _, m := range f.stops {
		b.event(m.event, m.at).cancels[f.name()] = true
	}
	input := inputOf(f)
	b.source(f, input)
	for _, m := range f.events {
		e := b.event(m.event, m.at)
		e.listeners[f.name()] = true
		switch {
		case input == nil:
		case e.data == nil:
			e.data = input // nothing else says what it is
		case key(e.data) != key(input):
			if problem := misfit(e.data, input, ""); problem != "" {
				b.report(m.at, "the event %q is a %s (%s), which does not fit the Input of %s: %s",
					m.event, show(e.data, f.pkg), b.where(e.at), f.name(), problem)
			}
		}
	}
}

// source notes which sources f takes records from, and checks that its Input is no type
// of what AWS sends that is another one.
func (b *eventBook) source(f *function, input types.Type) {
	for _, s := range f.sources {
		b.event(s.Event(), s.at).sources[s.Service()] = true
		named, ok := input.(*types.Named)
		if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != lambdaEvents {
			continue
		}
		if key(named) != b.record(s.record) {
			b.report(s.at, "the Input of %s is %s, but a record of %s is an events.%s", f.name(), show(input, f.pkg), s.Service(), s.record)
		}
	}
}

// record returns the key of the type name of what AWS sends, which may be an alias.
func (b *eventBook) record(name string) string {
	if p, err := b.imp.Import(lambdaEvents); err == nil {
		if obj := p.Scope().Lookup(name); obj != nil {
			return key(obj.Type())
		}
	}
	return lambdaEvents + "." + name
}

// inputOf returns the Input of a job, of one event if it takes several at once.
func inputOf(f *function) types.Type {
	if f.input == nil || isInvalid(f.input) {
		return nil
	}
	p, ok := types.Unalias(f.input).(*types.Pointer)
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
func (b *eventBook) judge(e *eventType) {
	listened, sent := len(e.listeners)+len(e.cancels) > 0, len(e.publishers)+len(e.sources) > 0 || e.open
	switch {
	case strings.HasPrefix(e.name, "inngest/"): // Inngest's own
	case listened && !sent:
		b.warn(e.at, "nobody publishes the event %q: if it comes from outside, give it a type in shared/ with a method EventName "+
			"that embeds events.FromMachine or events.FromWebhook, and take that as the Input", e.name)
	case sent && !listened && e.foreign: // a project need not
	case sent && !listened:
		b.warn(e.at, "nobody listens to the event %q, so that it does nothing: write a job with it in its Events", e.name)
	case !sent && !listened:
		b.warn(e.at, "nobody publishes the event %q, and nobody listens to it: remove its type", e.name)
	}
	if e.data != nil && (unnameable(e.data) != "" || !isNamedType(e.data)) {
		e.data = nil
	}
}

func isNamedType(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Named)
	return ok
}
