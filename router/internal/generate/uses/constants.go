package uses

import (
	"bytes"
	"go/ast"
	"go/constant"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"

	"switchyard/internal/lazy"
	"switchyard/router/internal/generate/source"
)

// texts are the constants of a package.
type texts struct {
	all []text
	// loose says that names of tables and columns may stand alone: some are put into SQL, or
	// the package copies rows. Copies says that it does the latter.
	loose, copies bool
	unknown       []source.Problem
	own           bool // the package is the project's
}

// hint finds the packages that are worth a closer look.
var hint = lazy.Regexp{Source: `(?i)\b(select|insert|update|delete|merge|copy|from|join|copyfrom|truncate)\b`}

// ofFolders returns the constants of each of the folders, which were type-checked.
func (c *collector) ofFolders(folders []*source.Folder) []texts {
	all := make([]texts, len(folders))
	source.Parallel(len(folders), func(i int) {
		f := folders[i]
		all[i].own = c.Own(f.Origin)
		if !slices.ContainsFunc(c.Names(f), promising) {
			return
		}
		for _, file := range f.Files {
			ast.Inspect(file, func(n ast.Node) bool { return c.node(&all[i], c.At, f.Info, n) })
		}
	})
	return all
}

// promising reports whether a file is worth a closer look.
func promising(name string) bool {
	content, err := os.ReadFile(name)
	return err == nil && hint.Get().Match(content)
}

// texts returns the constants of a package. What cannot be read or does not compile has
// been reported, or will be by the compiler.
func (c *collector) texts(p source.Linked) (t texts) {
	o, _ := c.Holding(p.ImportPath)
	t.own = o != nil && c.Own(o)
	fset := gotoken.NewFileSet()
	var files []*ast.File
	closer := false
	for _, name := range p.GoFiles {
		name = filepath.Join(p.Dir, name)
		content, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		closer = closer || hint.Get().Match(content)
		if file, _ := parser.ParseFile(fset, name, content, parser.SkipObjectResolution); file != nil {
			files = append(files, file)
		}
	}
	if closer {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		config := types.Config{Importer: c, FakeImportC: true, Error: func(error) {}}
		_, _ = config.Check(p.ImportPath, fset, files, info)
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool { return c.node(&t, fset.Position, info, n) })
		}
	}
	for _, name := range p.EmbedFiles {
		if content, err := os.ReadFile(filepath.Join(p.Dir, name)); err == nil && filepath.Ext(name) == ".sql" {
			t.all = append(t.all, tokens(string(bytes.ToValidUTF8(content, nil))))
		}
	}
	return t
}

// node notes the constant that n is: a concatenation of constants as a whole. It reports
// whether to look into n.
func (c *collector) node(t *texts, position func(gotoken.Pos) gotoken.Position, info *types.Info, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		_, field := n.(*ast.Field)
		return field
	case *ast.SelectorExpr:
		if n.Sel.Name == "CopyFrom" || n.Sel.Name == "Identifier" {
			t.loose, t.copies = true, t.copies || n.Sel.Name == "CopyFrom"
		}
	}
	e, ok := n.(ast.Expr)
	if !ok {
		return true
	}
	v := info.Types[e].Value
	if v == nil || v.Kind() != constant.String {
		return true
	}
	one := text(tokens(constant.StringVal(v)))
	t.all = append(t.all, one)
	if one.open() {
		t.loose = true
		at := position(e.Pos())
		t.unknown = append(t.unknown, source.Problem{
			File: c.Relative(at.Filename), Line: at.Line,
			Message: "the name of a table is put into this SQL when the program runs, so that it is not known which one it uses",
		})
	}
	return false
}
