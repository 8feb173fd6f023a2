package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"switchyard/internal/migrate"
)

// Tree is the functions and services of a module as they were when [Read] read them.
type Tree struct {
	module   *module
	services *registry
	all      *wiring
	schema   migrate.Schema
}

// Read reads the functions and services of the module whose go.mod is in the folder
// root, whose expressions it believes. Its error is an *[Error] if they are at fault.
func Read(ctx context.Context, root string) (*Tree, error) { return read(ctx, root, nil) }

func read(ctx context.Context, root string, judge Judge) (*Tree, error) {
	m, err := open(root)
	if err != nil {
		return nil, err
	}
	m.judge = judge
	folders, shared, err := m.scan(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.load(ctx, folders, shared); err != nil {
		return nil, err
	}
	t := &Tree{module: m}
	functions := m.findFunctions(folders)
	t.services = m.findServices(shared)
	t.all = m.wire(functions, t.services, nil, false)
	t.all.events = m.findEvents(functions, folders, shared, t.all.services)
	m.checkTags(t.all.functions, t.all.events)
	m.project = m.readProject(functions)
	t.schema = m.findSchema(t.all, t.services, shared)
	m.checkSchema(t.schema)
	return t, m.err()
}

// Module returns the path of the module.
func (t *Tree) Module() string { return t.module.path }

// Functions returns the names of the functions, in order.
func (t *Tree) Functions() []string {
	var names []string
	for _, f := range t.all.functions {
		names = append(names, f.name())
	}
	return names
}

// Stale reports whether [Write] would change the catalog.
func (t *Tree) Stale() (bool, error) {
	_, stale, err := t.compare()
	return len(stale) > 0, err
}

// compare returns the files of the catalog, and the names of those that are not so.
func (t *Tree) compare() (files map[string][]byte, stale []string, err error) {
	source, err := t.all.render(t.module, t.schema.Digest(), false)
	if err != nil {
		return nil, nil, err
	}
	files = map[string][]byte{Output: source, SchemaOutput: []byte(t.schema)}
	for _, name := range []string{Output, SchemaOutput} {
		old, err := os.ReadFile(filepath.Join(t.module.root, filepath.FromSlash(name)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, fmt.Errorf("read the catalog: %w", err)
		}
		if err != nil || !bytes.Equal(old, files[name]) {
			stale = append(stale, name)
		}
	}
	return files, stale, nil
}

// changedTables says what [Write] would change of the tables, a text each; nothing if there
// was no schema, or none that can be read.
func (t *Tree) changedTables() ([]string, error) {
	old, err := os.ReadFile(filepath.Join(t.module.root, filepath.FromSlash(SchemaOutput)))
	if before := migrate.Schema(old); err == nil && before.Check() == nil {
		return before.Changes(t.schema)
	}
	return nil, nil
}
