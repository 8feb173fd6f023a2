package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Tree is the functions and services of a module as they were when [Read] read them.
type Tree struct {
	module   *module
	services *registry
	all      *wiring
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
	folders, shared := m.scan()
	if err := m.load(ctx, folders, shared); err != nil {
		return nil, err
	}
	t := &Tree{module: m}
	functions := m.findFunctions(folders)
	t.services = m.findServices(shared)
	t.all = m.wire(functions, t.services, nil, false)
	t.all.events = m.findEvents(functions, folders, shared)
	m.checkTags(t.all.functions, t.all.events)
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
	return stale, err
}

// compare returns the source of the catalog, and whether the file has another one.
func (t *Tree) compare() (source []byte, stale bool, err error) {
	source, err = t.all.render(t.module.path)
	if err != nil {
		return nil, false, err
	}
	old, err := os.ReadFile(filepath.Join(t.module.root, filepath.FromSlash(Output)))
	if errors.Is(err, os.ErrNotExist) {
		return source, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the catalog: %w", err)
	}
	return source, !bytes.Equal(old, source), nil
}
