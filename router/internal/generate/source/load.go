package source

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxTypeErrors is how many errors of the type checker are shown for one
// function; the rest mostly follow from the first.
const maxTypeErrors = 10

// Load type-checks the functions from source, and services from the export data
// that the go command has for them.
func (m *Module) Load(ctx context.Context, functions, services []*Folder) error {
	wanted := map[string][]token.Pos{} // import path -> where a function imports it
	for _, f := range services {
		if f.MayBeService() && !f.partial {
			wanted[f.Path] = nil
		}
	}
	for _, f := range services {
		if (f.Closely || f.hasEvents()) && !f.partial {
			wanted[f.Path] = nil
		}
	}
	for _, f := range functions {
		f.Imports(func(path string, pos token.Pos) {
			if path != "C" && path != "unsafe" && m.forbidden(f, path, functions) == "" {
				wanted[path] = append(wanted[path], pos)
			}
		})
	}
	known := partial(functions, services)
	maps.Copy(known, m.missing)
	files, err := m.list(ctx, wanted, known)
	if err != nil {
		return err
	}
	m.imp = newExports(m.fset, files)
	for _, f := range functions {
		if f.Owner == nil && !f.partial {
			m.check(f)
		}
	}
	for _, f := range slices.Concat(functions, services) {
		if _, ok := files[f.Path]; ok && f.Info == nil && (f.Closely || f.hasEvents()) {
			m.checkQuietly(f)
		}
	}
	for _, f := range services {
		if _, ok := files[f.Path]; ok && f.MayBeService() {
			if f.Pkg, err = m.imp.Import(f.Path); err != nil {
				return fmt.Errorf("read the export data of %s: %w", f.Path, err)
			}
		}
	}
	return nil
}

// partial returns the import paths of folders whose source is known to be broken.
func partial(lists ...[]*Folder) map[string]bool {
	broken := map[string]bool{}
	for _, f := range slices.Concat(lists...) {
		broken[f.Path] = f.partial
	}
	return broken
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Export     string
	Error      *struct{ Pos, Err string }
}

// list asks the go command for the export data of packages and all they import.
// It reports what is wrong with them, unless it is known already.
func (m *Module) list(ctx context.Context, wanted map[string][]token.Pos, known map[string]bool) (map[string]string, error) {
	files := map[string]string{}
	if len(wanted) == 0 {
		return files, nil
	}
	args := append([]string{"-export", "-deps", "-json=ImportPath,Export,Error", "--"}, slices.Sorted(maps.Keys(wanted))...)
	err := goList(ctx, m.Root, args, func(p listed) {
		if p.Export != "" {
			files[p.ImportPath] = p.Export
		}
		if p.Error != nil && !known[p.ImportPath] {
			m.reportListed(p, wanted[p.ImportPath])
		}
	})
	return files, err
}

// reportListed reports what is wrong with a package, where it is wrong, or else
// where it is imported.
func (m *Module) reportListed(p listed, imported []token.Pos) {
	text := strings.TrimSpace(p.Error.Err)
	if strings.Contains(text, "import cycle") && len(m.Problems) > 0 {
		return // by an import that has been reported
	}
	if dir := m.local(p.ImportPath); strings.HasPrefix(text, "package ") || strings.HasPrefix(text, "no required module") {
		if found, _ := filepath.Glob(filepath.Join(m.Root, dir, "*.go")); dir != "" && len(found) == 0 {
			text = "there is no package " + dir
		}
	}
	if at, ok := m.position(p.Error.Pos); ok {
		m.Report(at, "%s", text)
		return
	}
	if m.reportCompiler(text) {
		return
	}
	if len(imported) == 0 {
		m.Report(token.Position{Filename: "go.mod"}, "%s: %s", p.ImportPath, text)
	}
	for _, pos := range imported {
		m.Report(m.At(pos), "%s", text)
	}
}

// reportCompiler reports the compiler's messages in text, and whether there were any.
func (m *Module) reportCompiler(text string) bool {
	var at token.Position
	var message string
	flush := func() {
		if message != "" {
			m.Report(at, "%s", message)
		}
	}
	found := false
	for line := range strings.SplitSeq(text, "\n") {
		if p, rest, ok := m.cutPosition(line); ok {
			flush()
			at, message, found = p, rest, true
		} else if found {
			message += "\n" + strings.TrimSpace(line)
		}
	}
	flush()
	return found
}

// cutPosition splits "file:line:column: message".
func (m *Module) cutPosition(line string) (at token.Position, message string, ok bool) {
	where, message, ok := strings.Cut(line, ": ")
	if !ok {
		return at, "", false
	}
	at, ok = m.position(where)
	return at, message, ok
}

// position parses "file:line" and "file:line:column", whose file is named from the root of
// the module or absolutely.
func (m *Module) position(s string) (at token.Position, ok bool) {
	file, rest, ok := strings.Cut(s, ".go:")
	if !ok {
		return at, false
	}
	_, err := fmt.Sscanf(rest, "%d", &at.Line)
	at.Filename = file + ".go"
	if !filepath.IsAbs(at.Filename) {
		at.Filename = filepath.Join(m.Root, at.Filename)
	}
	return at, err == nil
}

// Import returns a package that functions import, directly or indirectly.
func (m *Module) Import(path string) (*types.Package, error) { return m.imp.Import(path) }

// check type-checks the source of f and reports what does not compile.
func (m *Module) check(f *Folder) {
	f.Info = newInfo(f)
	count := 0
	config := types.Config{
		Importer:    m.imp,
		FakeImportC: true,
		Sizes:       types.SizesFor("gc", build.Default.GOARCH),
		Error: func(err error) {
			var e types.Error
			if !errors.As(err, &e) {
				return
			}
			if strings.HasPrefix(e.Msg, "could not import") {
				m.doubts = append(m.doubts, Problem{m.Relative(m.At(e.Pos).Filename), m.At(e.Pos).Line, e.Msg})
			} else if count++; count <= maxTypeErrors {
				m.Report(m.At(e.Pos), "%s", strings.TrimSpace(e.Msg))
			}
		},
	}
	f.Pkg, _ = config.Check(f.Path, m.fset, f.Files, f.Info)
}

// newInfo returns what is to be found out about f.
func newInfo(f *Folder) *types.Info {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if f.Closely || f.publishes() {
		info.Selections = map[*ast.SelectorExpr]*types.Selection{}
		info.Uses = map[*ast.Ident]types.Object{}
	}
	return info
}

// checkQuietly type-checks the source of a package that is known to compile.
func (m *Module) checkQuietly(f *Folder) {
	f.Info = newInfo(f)
	config := types.Config{
		Importer:    m.imp,
		FakeImportC: true,
		Sizes:       types.SizesFor("gc", build.Default.GOARCH),
		Error:       func(error) {},
	}
	f.Pkg, _ = config.Check(f.Path, m.fset, f.Files, f.Info)
}

// exports imports packages from the export data that the go command keeps.
type exports struct {
	files map[string]string // import path -> file
	gc    types.Importer
}

func newExports(fset *token.FileSet, files map[string]string) *exports {
	return &exports{files: files, gc: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})}
}

// Import implements [types.Importer].
func (e *exports) Import(path string) (*types.Package, error) {
	if _, ok := e.files[path]; !ok && path != "unsafe" {
		return nil, fmt.Errorf("no export data for %s", path)
	}
	return e.gc.Import(path)
}
