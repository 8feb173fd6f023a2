package function

import (
	"go/ast"
	"go/token"
	"go/types"

	"switchyard/router/internal/generate/gotype"
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

// Judge checks the text of a CEL expression, as expression.Judge does. It is passed as a parameter,
// so that programs that only read catalogs do not link the language.
type Judge func(text string, use Use) Verdict

// Expression is a CEL expression in a Spec.
type Expression struct {
	Field string // of the Spec: "Concurrency.Key"
	Use   Use
	Text  string
	At    token.Position
	Stop  string // the event that async is, if there is one
	Reads [][]string
}

// keyed are the fields of fn.Job that are structs with a Key.
func keyed() []string {
	return []string{"Concurrency", "Throttle", "RateLimit", "Debounce", "Batch", "Singleton"}
}

// readExpressions checks the CEL expressions of a job.
func (m *reader) readExpressions(f *Function) {
	m.readExpression(f, Expression{Field: "If", Use: Condition}, f.spec["If"])
	m.readExpression(f, Expression{Field: "Priority", Use: Priority}, f.spec["Priority"])
	m.readExpression(f, Expression{Field: "Idempotency", Use: Key}, f.spec["Idempotency"])
	for _, field := range keyed() {
		if e := f.spec[field]; e != nil {
			m.readExpression(f, Expression{Field: field + ".Key", Use: Key}, m.parts(f, field, e)["Key"])
		}
	}
	if e := f.spec["CancelOn"]; e != nil {
		m.readCancelOn(f, e)
	}
}

// parts returns the elements of the literal of a struct that e is.
func (m *reader) parts(f *Function, field string, e ast.Expr) map[string]ast.Expr {
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	t := f.Info.Types[e].Type
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
func (m *reader) reportComputed(f *Function, field string, e ast.Expr) {
	if t := f.Info.Types[e].Type; t != nil && !gotype.IsInvalid(t) {
		m.Report(m.At(e.Pos()), "%s is computed: write it as a literal, so that it can be checked before anything runs", field)
	}
}

// readCancelOn notes the events that stop a job's runs, and checks their conditions.
func (m *reader) readCancelOn(f *Function, e ast.Expr) {
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
				f.Stops = append(f.Stops, Mention{stop, m.At(name.Pos())})
			}
		}
		m.readExpression(f, Expression{Field: "CancelOn.If", Use: Cancellation, Stop: stop}, parts["If"])
	}
}

// readExpression checks the expression x, whose text is what e says; nil says nothing.
func (m *reader) readExpression(f *Function, x Expression, e ast.Expr) {
	if e == nil {
		return
	}
	text, ok := m.constant(f, e, x.Field)
	if !ok || text == "" || m.judge == nil {
		return
	}
	x.Text, x.At = text, m.At(e.Pos())
	verdict := m.judge(text, x.Use)
	if verdict.Wrong != "" {
		at := x.At
		if written(e, text) {
			at.Line += verdict.Line - 1
		}
		m.Report(at, "%s %q %s", x.Field, text, verdict.Wrong)
		return
	}
	x.Reads = verdict.Reads
	f.Expressions = append(f.Expressions, x)
}

// written reports whether e is text as it stands in the source, with its lines.
func written(e ast.Expr, text string) bool {
	literal, ok := ast.Unparen(e).(*ast.BasicLit)
	return ok && literal.Value == "`"+text+"`"
}
