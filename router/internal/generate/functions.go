package generate

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The kinds of a Spec, by the names of their types in shared/fn.
const (
	endpoint = "Endpoint"
	page     = "Page"
	job      = "Job"
	schedule = "Schedule"
)

// function is a function that was understood, at least in part.
type function struct {
	*folder
	kind    string
	spec    map[string]ast.Expr // the elements of its Spec
	changes map[string]ast.Expr // those that differ from the lender's, if it is lent
	specAt  token.Position
	fields  []*types.Var // the exported ones of Function
	input   types.Type   // *Input, if its Handle has one and is right
	output  types.Type   // *Output, likewise
	events  []mention    // that it runs on, with those that the records of sources become
	sources []sourced    // whose records it runs on
	stops   []mention    // events that stop its runs
	// expressions are those of its Spec that were understood.
	expressions []expression
	failed      bool // it is a job with a method Failed
}

// durable reports whether Inngest runs f, and nobody calls it.
func (f *function) durable() bool { return f.kind == job || f.kind == schedule }

// findFunctions checks that each folder is a function, and what its Spec says.
func (m *module) findFunctions(folders []*folder) []*function {
	var functions []*function
	for _, f := range folders {
		if f.owner == nil && f.pkg != nil && f.lends == nil {
			functions = append(functions, m.function(f))
		}
	}
	slices.SortFunc(functions, func(a, b *function) int { return cmp.Compare(a.name(), b.name()) })
	m.checkNames(folders, functions)
	m.checkSpecs(functions)
	return functions
}

func (m *module) function(dir *folder) *function {
	f := &function{folder: dir}
	if f.pkg.Name() == "main" {
		m.report(m.at(f.start()), "a function is not a program of its own: name the package %s", lastWord(f.dir))
	}
	scope := f.pkg.Scope()
	if scope.Lookup("Spec") == nil && scope.Lookup("Function") == nil && m.nearSpec(f) == "" && m.nearType(f) == "" {
		m.report(m.at(f.start()), "%s is not a function, since it has no Spec, Function and Handle: "+
			"what one function needs for itself belongs into its internal/ folder, what several need into shared/", f.dir)
		return f
	}
	m.readSpec(f)
	m.readType(f)
	return f
}

// readSpec finds the kind of f and the elements of its Spec.
func (m *module) readSpec(f *function) {
	kinds := "want a value of fn.Endpoint, fn.Page, fn.Job or fn.Schedule"
	obj := f.pkg.Scope().Lookup("Spec")
	if obj == nil {
		m.report(m.at(f.start()), "%s has no Spec%s: %s, such as var Spec = fn.Endpoint{…}", f.dir, m.nearSpec(f), kinds)
		return
	}
	f.specAt = m.at(obj.Pos())
	if isInvalid(obj.Type()) {
		return
	}
	if _, ok := obj.(*types.Var); !ok {
		m.report(f.specAt, "Spec is not a variable: %s, such as var Spec = fn.Endpoint{…}", kinds)
		return
	}
	kind := m.kindOf(obj.Type())
	if kind == "" {
		m.report(f.specAt, "Spec is a %s: %s", show(obj.Type(), f.pkg), kinds)
		return
	}
	f.kind = kind
	if f.as != nil {
		m.lendSpec(f)
	}
	literal, ok := f.value("Spec").(*ast.CompositeLit)
	if !ok {
		m.report(f.specAt, "Spec is computed: write it as a literal, fn.%s{…}, so that it can be checked before anything runs", kind)
		return
	}
	f.spec = elements(literal, obj.Type().Underlying().(*types.Struct))
	maps.Copy(f.spec, f.changes)
}

// kindOf returns the kind that a Spec of type t describes, or "".
func (m *module) kindOf(t types.Type) string {
	for _, kind := range []string{endpoint, page, job, schedule} {
		if isNamed(t, m.contract("shared/fn"), kind) {
			return kind
		}
	}
	return ""
}

// value returns the expression that the variable name starts with, or nil.
func (f *folder) value(name string) ast.Expr {
	for _, spec := range f.declarations() {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		i := slices.IndexFunc(v.Names, func(id *ast.Ident) bool { return id.Name == name })
		if i >= 0 && len(v.Values) == len(v.Names) {
			return ast.Unparen(v.Values[i])
		}
	}
	return nil
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
var segment = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*$`)

// checkNames reports functions that would have the same identity. Names are what
// logs, Inngest and Lambda know functions by; the last two allow no slash, and
// some stores do not tell A from a.
func (m *module) checkNames(folders []*folder, functions []*function) {
	first := map[string]*folder{}
	claim := func(f *folder, id, what string) {
		if other := first[strings.ToLower(id)]; other != nil {
			m.report(m.at(f.start()), "%s%s and %s (%s) are both known as %q: rename one of the folders",
				what, f.name(), other.name(), m.where(m.at(other.start())), id)
			return
		}
		first[strings.ToLower(id)] = f
	}
	for _, f := range folders {
		if f.owner != nil || f.as != nil {
			continue
		}
		for s := range strings.SplitSeq(f.name(), "/") {
			if !segment.MatchString(s) {
				m.report(m.at(f.start()), "the folder name %q cannot be imported: use letters, digits and -", s)
			}
		}
		claim(f, identity(f.name()), "")
	}
	for _, f := range functions {
		if f.failed { // Inngest runs it as a function of its own
			claim(f.folder, identity(f.name())+"-failed", "Failed of ")
		}
	}
}

// identity returns what Inngest knows the function called name by.
func identity(name string) string { return strings.ReplaceAll(name, "/", "-") }

func lastWord(dir string) string { return strings.ReplaceAll(path.Base(dir), "-", "") }

// nearSpec says what f has in place of its Spec, or "".
func (m *module) nearSpec(f *function) string {
	scope := f.pkg.Scope()
	for _, name := range scope.Names() {
		if v, ok := scope.Lookup(name).(*types.Var); ok && m.kindOf(v.Type()) != "" {
			return m.instead(name, "Spec", v.Pos())
		}
	}
	if name := near("Spec", scope.Names()); name != "" {
		return m.instead(name, "Spec", scope.Lookup(name).Pos())
	}
	return ""
}

// instead says that a thing should have another name.
func (m *module) instead(got, want string, pos token.Pos) string {
	return fmt.Sprintf(", but it has %s (%s), which should be called %s", got, m.where(m.at(pos)), want)
}
