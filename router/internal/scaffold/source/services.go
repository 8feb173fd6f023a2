package source

import (
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

// Service is a package of shared/ that functions get something from.
type Service struct {
	Name       string // below shared/: "auth/betterauth"
	ImportPath string
	Type       string // T of the *T that its Open returns
	Needs      []Need // the parameters of its Open, without the context
}

// Need is a type that a service is opened with, named as an import path and a name.
type Need struct {
	ImportPath, Type string
	Pointer          bool
}

// desk is the folder of the file desk, which is no part of the framework: see docs/house.md.
const desk = "files"

// Services returns what functions of the project may have as fields, by their names below
// shared/: its own and the framework's. Of two with one name, the framework's goes by its
// import path.
func (p *Project) Services() map[string]Service {
	services := map[string]Service{}
	for _, importPath := range slices.Sorted(maps.Keys(p.packages)) {
		k := p.packages[importPath]
		_, name, ok := strings.Cut(importPath, "/shared/")
		mine := strings.HasPrefix(importPath, p.Module+"/")
		folders := strings.Split(name, "/")
		theirs := strings.HasPrefix(importPath, p.Framework+"/") && !slices.Contains(folders, desk)
		if !ok || !mine && !theirs || slices.Contains(folders, "internal") {
			continue
		}
		s, ok := k.service(name)
		if !ok {
			continue
		}
		if other, taken := services[name]; taken && mine {
			services[other.ImportPath] = other
		} else if taken {
			name = importPath
		}
		services[name] = s
	}
	return services
}

// Base returns the last element of the service's name: that of its package.
func (s Service) Base() string { return path.Base(s.Name) }

// service returns the service that k is.
func (k *Package) service(name string) (Service, bool) {
	for _, file := range k.syntax().files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Name.Name != "Open" || f.Recv != nil || f.Type.Results == nil || len(f.Type.Results.List) != 2 {
				continue
			}
			provided, ok := k.need(file, f.Type.Results.List[0].Type)
			if !ok || !provided.Pointer || provided.ImportPath != k.ImportPath || f.Type.Params.NumFields() == 0 {
				continue
			}
			s := Service{Name: name, ImportPath: k.ImportPath, Type: provided.Type}
			for _, param := range f.Type.Params.List[1:] {
				n, ok := k.need(file, param.Type)
				if !ok {
					return Service{}, false
				}
				for range max(len(param.Names), 1) {
					s.Needs = append(s.Needs, n)
				}
			}
			return s, true
		}
	}
	return Service{}, false
}

// need returns the type that an expression of k names.
func (k *Package) need(file *ast.File, e ast.Expr) (Need, bool) {
	switch e := e.(type) {
	case *ast.StarExpr:
		n, ok := k.need(file, e.X)
		n.Pointer = true
		return n, ok
	case *ast.Ident:
		return Need{ImportPath: k.ImportPath, Type: e.Name}, true
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return Need{ImportPath: imported(file, x.Name), Type: e.Sel.Name}, true
		}
	}
	return Need{}, false
}
