package lint

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"switchyard/router/internal/generate/source"
)

// watched returns the last words of the names, and those of what else may be refused.
func watched(names map[string]ban) map[string]bool {
	words := map[string]bool{clientType: true}
	for name := range names {
		words[name[strings.LastIndexByte(name, '.')+1:]] = true
	}
	return words
}

// mayBreak reports whether f has anything that a rule may refuse, or that allows it.
func mayBreak(f *source.Folder, words map[string]bool) bool {
	for _, file := range f.Files {
		found := declaresVariable(file) || len(file.Comments) > 0 || len(schedulers(file)) > 0
		packages := importNames(file)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				found = true
			case *ast.SelectorExpr:
				found = found || words[n.Sel.Name]
			case *ast.KeyValueExpr:
				id, ok := n.Key.(*ast.Ident)
				found = found || ok && id.Name == maxAnswer
			case *ast.AssignStmt:
				for _, x := range n.Lhs {
					id := base(x)
					found = found || id != nil && packages[id.Name] // a variable of another package
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// declaresVariable reports whether file declares a variable that may change: Spec does not.
func declaresVariable(file *ast.File) bool {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			for _, name := range s.(*ast.ValueSpec).Names { //nolint:forcetypeassert // all of a var are
				if name.Name != "_" && name.Name != "Spec" {
					return true
				}
			}
		}
	}
	return false
}

// importNames returns what a file most likely calls the packages that it imports.
func importNames(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, spec := range file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			names[source.LastWord(p)] = true
		}
		if spec.Name != nil {
			names[spec.Name.Name] = true
		}
	}
	return names
}
