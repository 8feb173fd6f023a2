package generate

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Use names the purpose of a CEL expression, which decides what its value may be.
type Use int

// The uses.
const (
	Condition    Use = iota // true or false
	Cancellation            // true or false, by comparisons alone
	Key                     // any value
	Priority                // a whole number
)

// Verdict holds what a [Judge] finds in the text of an expression.
type Verdict struct {
	Wrong string     // why it is refused or of no use, to be said after the text; "" if it is neither
	Line  int        // of the text, from 1, where that is
	Reads [][]string // the paths of what it reads: ["event", "data", "id"]
}

// Judge checks the text of a CEL expression: expression.Judge does. It is a parameter so
// that those who only read catalogs need not link the language.
type Judge func(text string, use Use) Verdict

// expression is a CEL expression in a Spec.
type expression struct {
	field string // of the Spec: "Concurrency.Key"
	use   Use
	text  string
	at    token.Position
	stop  string // the event that async is, if there is one
	reads [][]string
}

// keyed are the fields of fn.Job that are structs with a Key.
func keyed() []string {
	return []string{"Concurrency", "Throttle", "RateLimit", "Debounce", "Batch", "Singleton"}
}

// readExpressions checks the CEL expressions of a job.
func (m *module) readExpressions(f *function) {
	m.readExpression(f, expression{field: "If", use: Condition}, f.spec["If"])
	m.readExpression(f, expression{field: "Priority", use: Priority}, f.spec["Priority"])
	m.readExpression(f, expression{field: "Idempotency", use: Key}, f.spec["Idempotency"])
	for _, field := range keyed() {
		if e := f.spec[field]; e != nil {
			m.readExpression(f, expression{field: field + ".Key", use: Key}, m.parts(f, field, e)["Key"])
		}
	}
	if e := f.spec["CancelOn"]; e != nil {
		m.readCancelOn(f, e)
	}
}

// parts returns the elements of the literal of a struct that e is.
func (m *module) parts(f *function, field string, e ast.Expr) map[string]ast.Expr {
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	t := f.info.Types[e].Type
	if !ok || t == nil {
		m.reportComputed(f, field, e)
		return nil
	}
	shape, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil // it does not compile, as has been reported
	}
	return elements(literal, shape)
}

// reportComputed reports that field is not written down as a literal.
func (m *module) reportComputed(f *function, field string, e ast.Expr) {
	if t := f.info.Types[e].Type; t != nil && !isInvalid(t) {
		m.report(m.at(e.Pos()), "%s is computed: write it as a literal, so that it can be checked before anything runs", field)
	}
}

// readCancelOn notes the events that stop a job's runs, and checks their conditions.
func (m *module) readCancelOn(f *function, e ast.Expr) {
	list, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		m.reportComputed(f, "CancelOn", e)
		return
	}
	for _, e := range list.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		parts := m.parts(f, "CancelOn", e)
		stop := ""
		if name := parts["Event"]; name != nil {
			if stop, ok = m.constant(f, name, "the event's name"); ok {
				f.stops = append(f.stops, mention{stop, m.at(name.Pos())})
			}
		}
		m.readExpression(f, expression{field: "CancelOn.If", use: Cancellation, stop: stop}, parts["If"])
	}
}

// readExpression checks the expression x, whose text is what e says; nil says nothing.
func (m *module) readExpression(f *function, x expression, e ast.Expr) {
	if e == nil {
		return
	}
	text, ok := m.constant(f, e, x.field)
	if !ok || text == "" || m.judge == nil {
		return
	}
	x.text, x.at = text, m.at(e.Pos())
	verdict := m.judge(text, x.use)
	if verdict.Wrong != "" {
		at := x.at
		if written(e, text) {
			at.Line += verdict.Line - 1
		}
		m.report(at, "%s %q %s", x.field, text, verdict.Wrong)
		return
	}
	x.reads = verdict.Reads
	f.expressions = append(f.expressions, x)
}

// written reports whether e is text as it stands in the source, with its lines.
func written(e ast.Expr, text string) bool {
	literal, ok := ast.Unparen(e).(*ast.BasicLit)
	return ok && literal.Value == "`"+text+"`"
}

// checkReads warns of fields that f's expressions read and that no event has. Nothing is
// said of what comes from outside, which may have more fields than its type says.
func (b *eventBook) checkReads(f *function) {
	var runs []string
	for _, e := range f.events {
		runs = append(runs, e.event)
	}
	for _, x := range f.expressions {
		for _, path := range x.reads {
			if path[0] == "async" {
				b.checkRead(x, path, []string{x.stop})
			} else {
				b.checkRead(x, path, runs)
			}
		}
	}
}

// checkRead warns if x reads the path of something that none of the events has.
func (b *eventBook) checkRead(x expression, path, events []string) {
	read := strings.Join(path, ".")
	if path[0] == "async" && x.use != Cancellation {
		b.warn(x.at, "%s %q reads %s, but only a CancelOn has a second event: it will be null", x.field, x.text, read)
		return
	}
	if known := []string{"name", "data", "user", "id", "ts", "v"}; len(path) > 1 && path[0] != "vars" && !slices.Contains(known, path[1]) {
		b.warn(x.at, "%s %q reads %s, but an event has only name, data, id and ts: what you sent is in %s.data",
			x.field, x.text, read, path[0])
		return
	}
	if len(path) < 3 || path[1] != "data" || len(events) == 0 || slices.ContainsFunc(events, func(name string) bool { return b.mayHave(name, path[2:]) }) {
		return
	}
	b.warn(x.at, "%s %q reads %s, but the event %q (%s) has no such field: it will be null",
		x.field, x.text, read, events[0], b.where(b.byName[events[0]].at))
}

// mayHave reports whether the data of the event may have something at path.
func (b *eventBook) mayHave(event string, path []string) bool {
	e := b.byName[event]
	return e == nil || !e.declared || e.open || len(e.sources) > 0 || hasPath(e.data, path)
}

// hasPath reports whether JSON made of t may have something at path.
func hasPath(t types.Type, path []string) bool {
	if t = value(t); len(path) == 0 || form(t) == "any" {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return form(t) != "an object" || hasPath(u.Elem(), path[1:])
	case *types.Struct:
		field := jsonFields(u)[path[0]]
		return form(t) == "an object" && field != nil && hasPath(field, path[1:])
	}
	return false
}
