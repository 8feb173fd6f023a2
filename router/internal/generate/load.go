package generate

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

// load type-checks the functions from source, and services from the export data
// that the go command has for them.
func (m *module) load(ctx context.Context, functions, services []*folder) error {
	wanted := map[string][]token.Pos{} // import path -> where a function imports it
	for _, f := range services {
		if f.mayBeService() && !f.partial {
			wanted[f.path] = nil
		}
	}
	for _, f := range services {
		if f.hasEvents() && !f.partial {
			wanted[f.path] = nil
		}
	}
	for _, f := range functions {
		f.imports(func(path string, pos token.Pos) {
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
		if f.owner == nil && !f.partial {
			m.check(f)
		}
	}
	for _, f := range slices.Concat(functions, services) {
		if _, ok := files[f.path]; ok && f.info == nil && f.hasEvents() {
			m.checkQuietly(f)
		}
	}
	for _, f := range services {
		if _, ok := files[f.path]; ok && f.mayBeService() {
			if f.pkg, err = m.imp.Import(f.path); err != nil {
				return fmt.Errorf("read the export data of %s: %w", f.path, err)
			}
		}
	}
	return nil
}

// partial returns the import paths of folders whose source is known to be broken.
func partial(lists ...[]*folder) map[string]bool {
	broken := map[string]bool{}
	for _, f := range slices.Concat(lists...) {
		broken[f.path] = f.partial
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
func (m *module) list(ctx context.Context, wanted map[string][]token.Pos, known map[string]bool) (map[string]string, error) {
	files := map[string]string{}
	if len(wanted) == 0 {
		return files, nil
	}
	args := append([]string{"-export", "-deps", "-json=ImportPath,Export,Error", "--"}, slices.Sorted(maps.Keys(wanted))...)
	return files, goList(ctx, m.root, args, func(p listed) {
		if p.Export != "" {
			files[p.ImportPath] = p.Export
		}
		if p.Error != nil && !known[p.ImportPath] {
			m.reportListed(p, wanted[p.ImportPath])
		}
	})
}

// reportListed reports what is wrong with a package, where it is wrong, or else
// where it is imported.
func (m *module) reportListed(p listed, imported []token.Pos) {
	text := strings.TrimSpace(p.Error.Err)
	if strings.Contains(text, "import cycle") && len(m.problems) > 0 {
		return // by an import that has been reported
	}
	if dir := m.local(p.ImportPath); strings.HasPrefix(text, "package ") || strings.HasPrefix(text, "no required module") {
		if found, _ := filepath.Glob(filepath.Join(m.root, dir, "*.go")); dir != "" && len(found) == 0 {
			text = "there is no package " + dir
		}
	}
	if at, ok := m.position(p.Error.Pos); ok {
		m.report(at, "%s", text)
		return
	}
	if m.reportCompiler(text) {
		return
	}
	if len(imported) == 0 {
		m.report(token.Position{Filename: "go.mod"}, "%s: %s", p.ImportPath, text)
	}
	for _, pos := range imported {
		m.report(m.at(pos), "%s", text)
	}
}

// reportCompiler reports the compiler's messages in text, and whether there were any.
func (m *module) reportCompiler(text string) bool {
	var at token.Position
	var message string
	flush := func() {
		if message != "" {
			m.report(at, "%s", message)
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
func (m *module) cutPosition(line string) (at token.Position, message string, ok bool) {
	where, message, ok := strings.Cut(line, ": ")
	if !ok {
		return at, "", false
	}
	at, ok = m.position(where)
	return at, message, ok
}

// position parses "file:line" and "file:line:column", whose file is named from the root of
// the module or absolutely.
func (m *module) position(s string) (at token.Position, ok bool) {
	file, rest, ok := strings.Cut(s, ".go:")
	if !ok {
		return at, false
	}
	_, err := fmt.Sscanf(rest, "%d", &at.Line)
	at.Filename = file + ".go"
	if !filepath.IsAbs(at.Filename) {
		at.Filename = filepath.Join(m.root, at.Filename)
	}
	return at, err == nil
}

// check type-checks the source of f and reports what does not compile.
func (m *module) check(f *folder) {
	f.info = newInfo(f)
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
				m.doubts = append(m.doubts, Problem{m.relative(m.at(e.Pos).Filename), m.at(e.Pos).Line, e.Msg})
			} else if count++; count <= maxTypeErrors {
				m.report(m.at(e.Pos), "%s", strings.TrimSpace(e.Msg))
			}
		},
	}
	f.pkg, _ = config.Check(f.path, m.fset, f.files, f.info)
}

// newInfo returns what is to be found out about f.
func newInfo(f *folder) *types.Info {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if f.publishes() {
		info.Selections = map[*ast.SelectorExpr]*types.Selection{}
	}
	return info
}

// checkQuietly type-checks the source of a package that is known to compile.
func (m *module) checkQuietly(f *folder) {
	f.info = newInfo(f)
	config := types.Config{
		Importer:    m.imp,
		FakeImportC: true,
		Sizes:       types.SizesFor("gc", build.Default.GOARCH),
		Error:       func(error) {},
	}
	f.pkg, _ = config.Check(f.path, m.fset, f.files, f.info)
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
