package templates

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
)

// lastImport is the last of those that templ writes itself.
const lastImport = `import templruntime "github.com/a-h/templ/runtime"`

// edit is a piece of a file that becomes another one.
type edit struct {
	from, to int
	text     string
}

// faster formats text, the Go file of a template, with calls of package templfast, whose path this is, in
// place of two functions of templ.
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
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if isOfTempl(call.Fun, "JoinStringErrs") {
			change(call.Fun.Pos(), call.Fun.End(), "templfast.Text")
		}
		// templ.CSSClasses(…).String()
		if method, ok := call.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "String" {
			if classes, ok := method.X.(*ast.CallExpr); ok && isOfTempl(classes.Fun, "CSSClasses") {
				change(classes.Fun.Pos(), classes.Fun.End(), "templfast.Classes")
				change(classes.End(), call.End(), "")
			}
		}
		return true
	})
	if len(edits) > 0 {
		after := bytes.Index(text, []byte(lastImport)) + len(lastImport)
		edits = append(edits, edit{after, after, fmt.Sprintf("\nimport %q", templfast)})
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

// isOfTempl reports whether e is what package templ calls name.
func isOfTempl(e ast.Expr, name string) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "templ"
}
