package own

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// change is what a project has changed of a lent Spec.
type change struct {
	fields  []field
	imports []string // that the values need, as they stand in an import declaration
}

// field is a field of a Spec and its value, as Go source.
type field struct{ name, value string }

// tooMuch says what to do about a file that cannot be carried over.
const tooMuch = "it says more than Spec and Function, or changes the Spec by more than assignments of its fields: " +
	"take this out, and put it back into the copy"

// readChange reads the file that borrows a function.
func readChange(name string) (change, error) {
	var c change
	text, err := os.ReadFile(name)
	if err != nil {
		return c, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return c, err
	}
	source := func(n ast.Node) string {
		return string(text[fset.Position(n.Pos()).Offset:fset.Position(n.End()).Offset])
	}
	for _, decl := range file.Decls {
		spec, only := only(decl)
		if !only {
			return c, fmt.Errorf("%s: %s", name, tooMuch)
		}
		if spec == nil {
			continue
		}
		assignments, ok := assignments(spec)
		if !ok {
			return c, fmt.Errorf("%s: %s", name, tooMuch)
		}
		for _, a := range assignments {
			c.fields = append(c.fields, field{a.field, source(a.value)})
			c.imports = append(c.imports, used(file, a.value, source)...)
		}
	}
	return c, nil
}

// only reports whether a declaration is one of those that borrow. It returns the value of
// Spec if it is that one.
func only(decl ast.Decl) (spec ast.Expr, ok bool) {
	d, isGen := decl.(*ast.GenDecl)
	if !isGen {
		return nil, false
	}
	if d.Tok == token.IMPORT {
		return nil, true
	}
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.Name != "Function" || !s.Assign.IsValid() {
				return nil, false
			}
		case *ast.ValueSpec:
			if len(s.Names) != 1 || s.Names[0].Name != "Spec" || len(s.Values) != 1 {
				return nil, false
			}
			spec = s.Values[0]
		}
	}
	return spec, true
}

// assignment is one of a field of a Spec.
type assignment struct {
	field string
	value ast.Expr
}

// assignments returns those that the value of Spec makes: none if it is another's, and
// those of the function in fn.Change(auth.Spec, func(s *fn.Page) { s.Route = "…" }).
func assignments(spec ast.Expr) (all []assignment, ok bool) {
	call, ok := ast.Unparen(spec).(*ast.CallExpr)
	if !ok {
		return nil, true
	}
	if len(call.Args) != 2 {
		return nil, false
	}
	f, ok := call.Args[1].(*ast.FuncLit)
	if !ok {
		return nil, false
	}
	for _, statement := range f.Body.List {
		a, ok := statement.(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != len(a.Rhs) {
			return nil, false
		}
		for i := range a.Lhs {
			s, isField := a.Lhs[i].(*ast.SelectorExpr)
			if !isField {
				return nil, false
			}
			if x, ok := s.X.(*ast.Ident); !ok || mentions(a.Rhs[i], x.Name) {
				return nil, false
			}
			all = append(all, assignment{s.Sel.Name, a.Rhs[i]})
		}
	}
	return all, true
}

// mentions reports whether the expression has the name.
func mentions(e ast.Expr, name string) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return true
	})
	return found
}

// used returns the imports that the expression needs.
func used(file *ast.File, e ast.Expr, source func(ast.Node) string) []string {
	var all []string
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		known := path.Base(name)
		if spec.Name != nil {
			known = spec.Name.Name
		}
		if mentions(e, known) {
			all = append(all, source(spec))
		}
	}
	return all
}

// apply changes the Spec in files, which has to be a literal.
func (c change) apply(files map[string][]byte) error {
	if len(c.fields) == 0 {
		return nil
	}
	for _, name := range sortedNames(files) {
		if filepath.Ext(name) != ".go" || strings.Contains(name, "/") {
			continue
		}
		text, found, err := c.applyTo(name, files[name])
		if err != nil {
			return err
		}
		if found {
			files[name] = text
			return nil
		}
	}
	return fmt.Errorf("the Spec is no literal: %s", tooMuch)
}

// edit replaces a part of a file.
type edit struct {
	from, to int
	text     string
}

// applyTo changes the Spec if it is in the file.
func (c change) applyTo(name string, text []byte) (out []byte, found bool, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, false, err
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	literal := literalOf(file)
	if literal == nil {
		return nil, false, nil
	}
	var edits []edit
	for _, f := range c.fields {
		e := edit{at(literal.Rbrace), at(literal.Rbrace), "\t" + f.name + ": " + f.value + ",\n"}
		for _, element := range literal.Elts {
			if kv, ok := element.(*ast.KeyValueExpr); ok && mentions(kv.Key, f.name) {
				e = edit{at(kv.Value.Pos()), at(kv.Value.End()), f.value}
			}
		}
		edits = append(edits, e)
	}
	for _, line := range c.imports {
		if !strings.Contains(string(text), line) {
			edits = append(edits, edit{at(file.Name.End()), at(file.Name.End()), "\n\nimport " + line})
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return b.from - a.from })
	s := string(text)
	for _, e := range edits {
		s = s[:e.from] + e.text + s[e.to:]
	}
	out, err = format.Source([]byte(s))
	return out, true, err
}

// literalOf returns the literal that is Spec, nil if there is none in the file.
func literalOf(file *ast.File) *ast.CompositeLit {
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR {
			continue
		}
		for _, s := range d.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || len(v.Names) != 1 || v.Names[0].Name != "Spec" || len(v.Values) != 1 {
				continue
			}
			literal, _ := ast.Unparen(v.Values[0]).(*ast.CompositeLit)
			return literal
		}
	}
	return nil
}
