// Package function reads the functions of a module from their source: their Specs, without running
// them, and the types that they take and return. It checks that all of it fits together.
package function

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/spelling"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
	"switchyard/shared/fn"
)

// The kinds of a Spec, by the names of their types in shared/fn.
const (
	Endpoint = "Endpoint"
	Page     = "Page"
	Job      = "Job"
	Schedule = "Schedule"
)

// Function is a function that was understood, at least in part.
type Function struct {
	*source.Folder
	Kind    string
	spec    map[string]ast.Expr // the elements of its Spec
	changes map[string]ast.Expr // those that differ from the lender's, if it is lent
	specAt  token.Position
	Route   string       // that of its Spec, if it is a constant
	Menu    string       // that of its Spec, if it is a constant
	Fields  []*types.Var // the exported ones of Function
	Input   types.Type   // *Input, if its Handle has one and is right
	Output  types.Type   // *Output, likewise
	Rate    fn.Rate      // that of its Spec, as far as it is right
	Events  []Mention    // that it runs on, with those that the records of sources become
	Sources []Sourced    // whose records it runs on
	Stops   []Mention    // events that stop its runs
	// Expressions are those of its Spec that were understood.
	Expressions []Expression
	// Binding is the source of what binds an endpoint, and Reflected says why it is not
	// compiled, if it is not.
	Binding   []byte
	Reflected string
	failed    bool // it is a job with a method Failed
}

// Durable reports whether Inngest runs f: it is a job or a schedule.
func (f *Function) Durable() bool { return f.Kind == Job || f.Kind == Schedule }

// reader reads the functions of a module.
type reader struct {
	*source.Module
	judge Judge // of expressions; nil if nobody is
}

// Find returns the functions in folders. It reports to module what is wrong with them and with
// their Specs. judge checks the expressions in Specs; if it is nil, they are not checked.
func Find(module *source.Module, folders []*source.Folder, judge Judge) []*Function {
	m := &reader{Module: module, judge: judge}
	var functions []*Function
	for _, f := range folders {
		if f.Owner == nil && f.Pkg != nil && f.Lends == nil {
			functions = append(functions, m.function(f))
		}
	}
	slices.SortFunc(functions, func(a, b *Function) int { return cmp.Compare(a.Name(), b.Name()) })
	m.checkNames(folders, functions)
	m.checkSpecs(functions)
	return functions
}

func (m *reader) function(dir *source.Folder) *Function {
	f := &Function{Folder: dir}
	if f.Pkg.Name() == "main" {
		m.Report(m.At(f.Start()), "a function is not a program of its own: name the package %s", source.LastWord(f.Dir))
	}
	scope := f.Pkg.Scope()
	if scope.Lookup("Spec") == nil && scope.Lookup("Function") == nil && m.nearSpec(f) == "" && m.nearType(f) == "" {
		m.Report(m.At(f.Start()), "%s is not a function, since it has no Spec, Function and Handle: "+
			"what one function needs for itself belongs into its internal/ folder, what several need into shared/", f.Dir)
		return f
	}
	m.readSpec(f)
	m.readType(f)
	return f
}

// readSpec finds the kind of f and the elements of its Spec.
func (m *reader) readSpec(f *Function) {
	kinds := "want a value of fn.Endpoint, fn.Page, fn.Job or fn.Schedule"
	obj := f.Pkg.Scope().Lookup("Spec")
	if obj == nil {
		m.Report(m.At(f.Start()), "%s has no Spec%s: %s, such as var Spec = fn.Endpoint{…}", f.Dir, m.nearSpec(f), kinds)
		return
	}
	f.specAt = m.At(obj.Pos())
	if gotype.IsInvalid(obj.Type()) {
		return
	}
	if _, ok := obj.(*types.Var); !ok {
		m.Report(f.specAt, "Spec is not a variable: %s, such as var Spec = fn.Endpoint{…}", kinds)
		return
	}
	kind := m.kindOf(obj.Type())
	if kind == "" {
		m.Report(f.specAt, "Spec is a %s: %s", gotype.Show(obj.Type(), f.Pkg), kinds)
		return
	}
	f.Kind = kind
	if f.As != nil {
		m.lendSpec(f)
	}
	literal, ok := f.Value("Spec").(*ast.CompositeLit)
	if !ok {
		m.Report(f.specAt, "Spec is computed: write it as a literal, fn.%s{…}, so that it can be checked before anything runs", kind)
		return
	}
	f.spec = elements(literal, obj.Type().Underlying().(*types.Struct))
	maps.Copy(f.spec, f.changes)
}

// kindOf returns the kind that a Spec of type t describes, or "".
func (m *reader) kindOf(t types.Type) string {
	for _, kind := range []string{Endpoint, Page, Job, Schedule} {
		if gotype.IsNamed(t, m.Contract("shared/fn"), kind) {
			return kind
		}
	}
	return ""
}

// elements returns the elements of a literal of the struct t by field.
func elements(literal *ast.CompositeLit, t *types.Struct) map[string]ast.Expr {
	byField := map[string]ast.Expr{}
	for i, e := range literal.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				byField[id.Name] = kv.Value
			}
		} else if i < t.NumFields() {
			byField[t.Field(i).Name()] = e
		}
	}
	return byField
}

// segment is what the folder of a function may be called: it becomes a part of
// an import path.
var segment = lazy.Regexp{Source: `^[A-Za-z0-9][A-Za-z0-9._~-]*$`}

// importable reports whether the package in a folder called s can be imported: what is
// below vendor/ cannot.
func importable(s string) bool { return segment.Get().MatchString(s) && s != "vendor" }

// checkNames reports functions that would have the same identity. Names are what
// logs, Inngest and Lambda know functions by; the last two allow no slash, and
// some stores do not tell A from a.
func (m *reader) checkNames(folders []*source.Folder, functions []*Function) {
	first := map[string]*source.Folder{}
	claim := func(f *source.Folder, id, what string) {
		if other := first[strings.ToLower(id)]; other != nil {
			m.Report(m.At(f.Start()), "%s%s and %s (%s) are both known as %q: rename one of the folders",
				what, f.Name(), other.Name(), m.Where(m.At(other.Start())), id)
			return
		}
		first[strings.ToLower(id)] = f
	}
	for _, f := range folders {
		if f.Owner != nil || f.As != nil {
			continue
		}
		for s := range strings.SplitSeq(f.Name(), "/") {
			if !importable(s) {
				m.Report(m.At(f.Start()), "the folder name %q cannot be imported: use letters, digits and -", s)
			}
		}
		claim(f, identity(f.Name()), "")
	}
	for _, f := range functions {
		if f.failed { // Inngest runs it as a function of its own
			claim(f.Folder, identity(f.Name())+"-failed", "Failed of ")
		}
	}
}

// identity returns what Inngest knows the function called name by.
func identity(name string) string { return strings.ReplaceAll(name, "/", "-") }

// nearSpec says what f has in place of its Spec, or "".
func (m *reader) nearSpec(f *Function) string {
	scope := f.Pkg.Scope()
	for _, name := range scope.Names() {
		if v, ok := scope.Lookup(name).(*types.Var); ok && m.kindOf(v.Type()) != "" {
			return m.instead(name, "Spec", v.Pos())
		}
	}
	if name := spelling.Near("Spec", scope.Names()); name != "" {
		return m.instead(name, "Spec", scope.Lookup(name).Pos())
	}
	return ""
}

// instead says that a thing should have another name.
func (m *reader) instead(got, want string, pos token.Pos) string {
	return fmt.Sprintf(", but it has %s (%s), which should be called %s", got, m.Where(m.At(pos)), want)
}
