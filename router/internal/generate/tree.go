package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"switchyard/internal/schema"
	"switchyard/router/internal/generate/binding"
	"switchyard/router/internal/generate/eventtypes"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/lint"
	"switchyard/router/internal/generate/render"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/tables"
	"switchyard/router/internal/generate/tags"
	"switchyard/router/internal/generate/uses"
	"switchyard/router/internal/generate/wiring"
)

// Tree is the functions and services of a module as they were when [Read] read them.
type Tree struct {
	module   *source.Module
	services *wiring.Registry
	all      *wiring.Wiring
	schema   schema.Source
	uses     uses.Found
}

// Read reads the functions and services of the module whose go.mod is in the folder root. It does
// not check the CEL expressions in them. Its error is an *[Error] if they are at fault.
func Read(ctx context.Context, root string) (*Tree, error) { return read(ctx, root, nil) }

func read(ctx context.Context, root string, judge function.Judge) (*Tree, error) {
	m, err := source.Open(root)
	if err != nil {
		return nil, err
	}
	folders, shared, err := m.Scan(ctx)
	if err != nil {
		return nil, err
	}
	lint.Mark(m, folders)
	lint.Mark(m, shared)
	if err := m.Load(ctx, folders, shared); err != nil {
		return nil, err
	}
	t := &Tree{module: m}
	functions := function.Find(m, folders, judge)
	t.services = wiring.FindServices(m, shared)
	t.all = t.services.Wire(functions, nil, false)
	t.all.Events = eventtypes.Find(m, functions, folders, shared, t.all.Opened())
	t.all.Project = wiring.ReadProject(m, functions)
	tags.Check(m, functions, t.all.Events)
	t.schema = tables.Find(m, t.all, t.services, shared)
	tables.Check(m, t.schema)
	lint.Check(m, folders)
	lint.Check(m, shared)
	if len(m.Problems) == 0 {
		binding.Make(m, functions)
		t.uses, err = uses.Find(ctx, m, t.all, t.schema)
	}
	return t, errors.Join(m.Err(), err)
}

// Module returns the path of the module.
func (t *Tree) Module() string { return t.module.Path }

// Functions returns the names of the functions, in order.
func (t *Tree) Functions() []string {
	var names []string
	for _, f := range t.all.Functions {
		names = append(names, f.Name())
	}
	return names
}

// Stale reports whether [Write] would change the catalog.
func (t *Tree) Stale() (bool, error) {
	_, stale, err := t.compare()
	return len(stale) > 0, err
}

// render returns the Go files of the catalog of w, which is that of a part of the functions
// if part is set.
func (t *Tree) render(w *wiring.Wiring, part bool) (map[string][]byte, error) {
	used, err := t.uses.JSON()
	if err != nil {
		return nil, err
	}
	return render.Catalog(w, t.module, render.Tables{Schema: t.schema, Uses: used}, part)
}

// compare returns the files of the catalog, nil for one that shall not be there, and the
// names of those that are not so.
func (t *Tree) compare() (files map[string][]byte, stale []string, err error) {
	if files, err = t.packages(); err != nil {
		return nil, nil, fmt.Errorf("read the catalog: %w", err)
	}
	catalog, err := t.render(t.all, false)
	if err != nil {
		return nil, nil, err
	}
	maps.Copy(files, catalog)
	hcl, sql := t.schema.Split()
	files[SchemaOutput], files[ScriptsOutput] = []byte(hcl), nil
	if sql != "" {
		files[ScriptsOutput] = []byte(sql)
	}
	for _, f := range t.all.Functions {
		if f.Binding != nil {
			files[binding.Output(f.Function)] = f.Binding
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		old, err := os.ReadFile(filepath.Join(t.module.Root, filepath.FromSlash(name)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, fmt.Errorf("read the catalog: %w", err)
		}
		if there := err == nil; there != (files[name] != nil) || !bytes.Equal(old, files[name]) {
			stale = append(stale, name)
		}
	}
	return files, stale, nil
}

// packages returns the files of the generated packages that are there, each nil.
func (t *Tree) packages() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, dir := range []string{binding.Dir, render.ChaptersDir} {
		err := filepath.WalkDir(filepath.Join(t.module.Root, filepath.FromSlash(dir)), func(name string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(d.Name(), "_gen.go") {
				return err
			}
			below, err := filepath.Rel(t.module.Root, name)
			files[filepath.ToSlash(below)] = nil
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return files, nil
}

// changedTables says what [Write] would change of the tables, a text each; nothing if there
// was no schema, or none that can be read.
func (t *Tree) changedTables() ([]string, error) {
	before, err := schema.ReadGenerated(filepath.Join(t.module.Root, filepath.FromSlash(source.CatalogDir)))
	if err == nil && before.Check() == nil {
		return before.Changes(t.schema)
	}
	return nil, nil
}
