package function

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/times"
)

// checkSpecs checks what the Specs say: routes, events and times.
func (m *reader) checkSpecs(functions []*Function) {
	var routes []*route
	for _, f := range functions {
		if f.spec == nil {
			continue
		}
		switch f.Kind {
		case Endpoint, Page:
			if text, at, ok := m.text(f, "Route", `a pattern of http.ServeMux such as "GET /api/hello/{name}"`); ok {
				f.Route = text
				routes = append(routes, &route{Function: f, pattern: text, at: at})
			}
			if e := f.spec["Menu"]; e != nil {
				f.Menu, _ = m.constant(f, e, "Menu")
			}
		case Job:
			m.checkEvents(f)
			m.readSources(f)
			m.readExpressions(f)
		case Schedule:
			if text, at, ok := m.text(f, "Cron", `five fields such as "0 6 * * *"`); ok {
				if problem := times.CronProblem(text); problem != "" {
					m.Report(at, "Cron %q %s", text, problem)
				}
			}
		}
	}
	m.checkRoutes(routes)
}

// text returns the string that a field of the Spec holds. What it should be is
// described by want.
func (m *reader) text(f *Function, field, want string) (text string, at token.Position, ok bool) {
	e := f.spec[field]
	if e == nil {
		m.Report(f.specAt, "Spec has no %s: want %s", field, want)
		return "", f.specAt, false
	}
	at = m.At(e.Pos())
	text, ok = m.constant(f, e, field)
	if ok && text == "" {
		m.Report(at, "%s is empty: want %s", field, want)
		return "", at, false
	}
	return text, at, ok
}

// constant returns the value of the constant string e.
func (m *reader) constant(f *Function, e ast.Expr, field string) (string, bool) {
	v := f.Info.Types[e]
	if v.Value != nil && v.Value.Kind() == constant.String {
		return constant.StringVal(v.Value), true
	}
	if v.Type != nil && !gotype.IsInvalid(v.Type) {
		m.Report(m.At(e.Pos()), "%s is computed: write it as a constant, so that it can be checked before anything runs", field)
	}
	return "", false
}

// Access returns the name of the constant of shared/fn that is the Access of f's
// Spec: who may call. One that is computed, or left out, counts as closed.
func (f *Function) Access() string {
	e := f.spec["Access"]
	if e == nil {
		return "SignedIn"
	}
	v := f.Info.Types[e]
	named, ok := types.Unalias(v.Type).(*types.Named)
	if !ok || v.Value == nil || named.Obj().Pkg() == nil {
		return "SignedIn"
	}
	scope := named.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		c, ok := scope.Lookup(name).(*types.Const)
		if ok && types.Identical(c.Type(), named) && constant.Compare(c.Val(), token.EQL, v.Value) {
			return name
		}
	}
	return "SignedIn"
}

// checkEvents checks the events that a job runs on.
func (m *reader) checkEvents(f *Function) {
	const want = `want the names of the events it runs on, such as []string{"order/placed"}`
	e := f.spec["Events"]
	switch {
	case e == nil && f.spec["From"] != nil:
		return
	case e == nil:
		m.Report(f.specAt, "Spec has no Events, so that it would never run: %s", want)
		return
	}
	list, ok := ast.Unparen(e).(*ast.CompositeLit)
	switch {
	case !ok:
		m.Report(m.At(e.Pos()), "Events is computed: %s, so that they can be checked before anything runs", want)
		return
	case len(list.Elts) == 0 && f.spec["From"] == nil:
		m.Report(m.At(e.Pos()), "Events is empty, so that it would never run: %s", want)
	}
	seen := map[string]bool{}
	for _, e := range list.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		name, ok := m.constant(f, e, "the event's name")
		switch {
		case !ok:
		case name == "":
			m.Report(m.At(e.Pos()), "the event's name is empty: %s", want)
		case seen[name]:
			m.Report(m.At(e.Pos()), "the event %q is listed twice", name)
		default:
			f.Events = append(f.Events, Mention{name, m.At(e.Pos())})
		}
		seen[name] = true
	}
}

// Mention is the name of an event where a Spec has it.
type Mention struct {
	Event string
	At    token.Position
}

// sorted returns the members of a set in order.
func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
