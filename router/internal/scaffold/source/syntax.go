package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"switchyard/internal/lazy"
)

// syntax is the source of a package, as far as it could be parsed.
type syntax struct{ files []*ast.File }

// place is an expression, and the file and the package it stands in.
type place struct {
	expr ast.Expr
	file *ast.File
	pkg  *Package
}

// syntax returns the source of k.
func (k *Package) syntax() *syntax {
	if k.parsed != nil {
		return k.parsed
	}
	k.parsed = &syntax{}
	entries, _ := os.ReadDir(k.Dir) // one that cannot be read has no files
	for _, e := range entries {
		if e.IsDir() || !isSource(e.Name()) {
			continue
		}
		file, _ := parser.ParseFile(token.NewFileSet(), filepath.Join(k.Dir, e.Name()), nil, parser.SkipObjectResolution|parser.ParseComments)
		if file != nil {
			k.parsed.files = append(k.parsed.files, file)
		}
	}
	return k.parsed
}

// value returns the expression that the constant or variable name of k is given.
func (k *Package) value(name string) (place, bool) {
	for _, file := range k.syntax().files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range d.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for i, id := range v.Names {
					if id.Name == name && i < len(v.Values) {
						return place{ast.Unparen(v.Values[i]), file, k}, true
					}
				}
			}
		}
	}
	return place{}, false
}

// major is the last element of an import path that is no name of a package.
var major = lazy.Regexp{Source: `^v[0-9]+$`}

// imported returns the import path that the name stands for in a file, or "".
func imported(file *ast.File, name string) string {
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		known := path.Base(p)
		if major.Get().MatchString(known) {
			known = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			known = spec.Name.Name
		}
		if known == name {
			return p
		}
	}
	return ""
}

// lookup returns what x.name stands for, if x is an imported package that is known.
func (p *Project) lookup(at place) (place, bool) {
	s, ok := at.expr.(*ast.SelectorExpr)
	if !ok {
		return place{}, false
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return place{}, false
	}
	k := p.packages[imported(at.file, x.Name)]
	if k == nil {
		return place{}, false
	}
	return k.value(s.Sel.Name)
}

// depth bounds how far constants are followed from one to the next: a circle must end.
const depth = 20

// text returns the constant string that the expression stands for.
func (p *Project) text(at place, level int) (string, bool) {
	if level > depth {
		return "", false
	}
	switch e := ast.Unparen(at.expr).(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, okX := p.text(place{e.X, at.file, at.pkg}, level+1)
		y, okY := p.text(place{e.Y, at.file, at.pkg}, level+1)
		return x + y, okX && okY && e.Op == token.ADD
	case *ast.Ident:
		if v, ok := at.pkg.value(e.Name); ok {
			return p.text(v, level+1)
		}
	case *ast.SelectorExpr:
		if v, ok := p.lookup(place{e, at.file, at.pkg}); ok {
			return p.text(v, level+1)
		}
	}
	return "", false
}
