// Package lint finds what functions, and the project's own packages of shared/, may not do: what
// ends or changes the process that all share, and what works on one host alone. It reads their
// source, and cannot find what shows only when they run.
//
// A comment on the line, or on the one before it, lets something pass that a rule refuses:
//
//	//switchyard:allow RULE reason
//
// Files that are generated are not looked at, nor are tests.
package lint

import (
	"go/ast"
	"slices"
	"strings"

	"switchyard/router/internal/generate/source"
)

// desk is the folder of the file desk, which is a project in the module of the framework.
const desk = "files"

// Mark sets [source.Folder.Closely] for each folder that may do something that is refused. It looks
// at the words in their files alone. Call it before [source.Module.Load].
func Mark(m *source.Module, folders []*source.Folder) {
	words := watched(table())
	for _, f := range folders {
		f.Closely = applies(m, f) && mayBreak(f, words)
	}
}

// Check reports what the folders do that they may not.
func Check(m *source.Module, folders []*source.Folder) {
	names := table()
	for _, f := range folders {
		if f.Closely && f.Info != nil {
			c := &checker{Module: m, folder: f, names: names, changed: map[string]string{}}
			c.check()
		}
	}
}

// applies reports whether the rules hold for f: it is the project's, and is no help for
// tests. A function that is lent is looked at where it is.
func applies(m *source.Module, f *source.Folder) bool {
	folders := strings.Split(f.Dir, "/")
	return m.Own(f.Origin) && f.As == nil && !strings.HasSuffix(f.Dir, "test") &&
		(folders[0] == "functions" || m.Framework != m.Path || slices.Contains(folders, desk))
}

// checker checks a package.
type checker struct {
	*source.Module
	folder  *source.Folder
	names   map[string]ban
	allowed []*allowance
	changed map[string]string // how its variables are, by their names
}

func (c *checker) check() {
	files := slices.DeleteFunc(slices.Clone(c.folder.Files), ast.IsGenerated)
	for _, file := range files {
		c.allow(file)
	}
	for _, file := range files {
		c.imports(file)
		c.file(file)
	}
	for _, file := range files {
		c.variables(file)
	}
	c.stale()
}

// file checks what the functions of a file do.
func (c *checker) file(file *ast.File) {
	ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
		at := place{stack}
		switch n := n.(type) {
		case *ast.GoStmt:
			c.refuse(n, goRule, "a go statement")
		case *ast.Ident:
			c.name(n, at)
		case *ast.CompositeLit:
			c.literal(n)
		case *ast.AssignStmt, *ast.IncDecStmt, *ast.RangeStmt, *ast.UnaryExpr, *ast.CallExpr:
			c.writes(n, at)
		}
		return true
	})
}

// refuse reports that what is at n breaks a rule, unless that is allowed there.
func (c *checker) refuse(n ast.Node, r rule, what string) {
	at := c.At(n.Pos())
	if !c.allows(at, r) {
		c.Report(at, "%s %s (rule %s)", what, r.text(), r)
	}
}
