package generate

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// checkSpecs checks what the Specs say: routes, events and times.
func (m *module) checkSpecs(functions []*function) {
	var routes []*route
	for _, f := range functions {
		if f.spec == nil {
			continue
		}
		switch f.kind {
		case endpoint, page:
			if text, at, ok := m.text(f, "Route", `a pattern of http.ServeMux such as "GET /api/hello/{name}"`); ok {
				routes = append(routes, &route{function: f, pattern: text, at: at})
			}
		case job:
			m.checkEvents(f)
			m.readSources(f)
			m.readExpressions(f)
		case schedule:
			if text, at, ok := m.text(f, "Cron", `five fields such as "0 6 * * *"`); ok {
				if problem := cronProblem(text); problem != "" {
					m.report(at, "Cron %q %s", text, problem)
				}
			}
		}
	}
	m.checkRoutes(routes)
}

// text returns the string that a field of the Spec holds. What it should be is
// described by want.
func (m *module) text(f *function, field, want string) (text string, at token.Position, ok bool) {
	e := f.spec[field]
	if e == nil {
		m.report(f.specAt, "Spec has no %s: want %s", field, want)
		return "", f.specAt, false
	}
	at = m.at(e.Pos())
	text, ok = m.constant(f, e, field)
	if ok && text == "" {
		m.report(at, "%s is empty: want %s", field, want)
		return "", at, false
	}
	return text, at, ok
}

// constant returns the value of the constant string e.
func (m *module) constant(f *function, e ast.Expr, field string) (string, bool) {
	v := f.info.Types[e]
	if v.Value != nil && v.Value.Kind() == constant.String {
		return constant.StringVal(v.Value), true
	}
	if v.Type != nil && !isInvalid(v.Type) {
		m.report(m.at(e.Pos()), "%s is computed: write it as a constant, so that it can be checked before anything runs", field)
	}
	return "", false
}

// access returns the name of the constant of shared/fn that is the Access of f's
// Spec: who may call. One that is computed, or left out, counts as closed.
func (m *module) access(f *function) string {
	e := f.spec["Access"]
	if e == nil {
		return "SignedIn"
	}
	v := f.info.Types[e]
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
func (m *module) checkEvents(f *function) {
	const want = `want the names of the events it runs on, such as []string{"order/placed"}`
	e := f.spec["Events"]
	switch {
	case e == nil && f.spec["From"] != nil:
		return
	case e == nil:
		m.report(f.specAt, "Spec has no Events, so that it would never run: %s", want)
		return
	}
	list, ok := ast.Unparen(e).(*ast.CompositeLit)
	switch {
	case !ok:
		m.report(m.at(e.Pos()), "Events is computed: %s, so that they can be checked before anything runs", want)
		return
	case len(list.Elts) == 0 && f.spec["From"] == nil:
		m.report(m.at(e.Pos()), "Events is empty, so that it would never run: %s", want)
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
			m.report(m.at(e.Pos()), "the event's name is empty: %s", want)
		case seen[name]:
			m.report(m.at(e.Pos()), "the event %q is listed twice", name)
		default:
			f.events = append(f.events, mention{name, m.at(e.Pos())})
		}
		seen[name] = true
	}
}

// mention is the name of an event where a Spec has it.
type mention struct {
	event string
	at    token.Position
}

// sorted returns the members of a set in order.
func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
