package templates

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// own begins the names that templ gives to what it declares itself.
const own = "templ_7745c5c3_"

// edit is a piece of a file that becomes another one.
type edit struct {
	from, to int
	text     string
}

// faster formats text, the Go file of a template, with calls of package templfast, whose path this is, in
// place of two functions of templ. Calls that stand in the template itself stay.
func faster(text []byte, templfast string) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var edits []edit
	change := func(from, to token.Pos, with string) {
		edits = append(edits, edit{files.Position(from).Offset, files.Position(to).Offset, with})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt: // templ_7745c5c3_Var1, templ_7745c5c3_Err = templ.JoinStringErrs(…)
			call, ok := n.Rhs[0].(*ast.CallExpr)
			if ok && isOwn(n.Lhs[0]) && isOfTempl(call.Fun, "JoinStringErrs") {
				change(call.Fun.Pos(), call.Fun.End(), own+"Fast.Text")
			}
		case *ast.CallExpr: // templ.CSSClasses(templ_7745c5c3_Var1).String()
			method, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "String" {
				break
			}
			classes, ok := method.X.(*ast.CallExpr)
			if ok && isOfTempl(classes.Fun, "CSSClasses") && isOwn(classes.Args[0]) {
				change(classes.Fun.Pos(), classes.Fun.End(), own+"Fast.Classes")
				change(classes.End(), n.End(), "")
			}
		}
		return true
	})
	if len(edits) > 0 {
		change(file.Name.End(), file.Name.End(), fmt.Sprintf("\nimport %sFast %q", own, templfast))
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var b bytes.Buffer
	at := 0
	for _, e := range edits {
		b.Write(text[at:e.from])
		b.WriteString(e.text)
		at = e.to
	}
	b.Write(text[at:])
	return format.Source(b.Bytes())
}

// isOwn reports whether e is a variable that templ declares.
func isOwn(e ast.Expr) bool {
	name, ok := e.(*ast.Ident)
	return ok && strings.HasPrefix(name.Name, own)
}

// isOfTempl reports whether e is what package templ calls name.
func isOfTempl(e ast.Expr, name string) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "templ"
}
