package source

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// Origin is a module whose source is read: the project's own, that of the framework, and
// those that lend functions.
type Origin struct {
	Root string // absolute
	path string
}

// Own reports whether o is the project's.
func (m *Module) Own(o *Origin) bool { return o.path == m.Path }

// within returns the path of a file below the root of o, with slashes, or false.
func (o *Origin) within(file string) (string, bool) {
	rel, err := filepath.Rel(o.Root, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// Holding returns the module whose source the package importPath is a part of, and its
// folder there; nil if it is none that is read.
func (m *Module) Holding(importPath string) (o *Origin, dir string) {
	for _, other := range m.Origins {
		sub, ok := strings.CutPrefix(importPath, other.path+"/")
		if ok && (o == nil || len(other.path) > len(o.path)) { // one may stand in a folder of another
			o, dir = other, sub
		}
	}
	return o, dir
}

// Reads reports whether importPath is a package of a module whose source is read.
func (m *Module) Reads(importPath string) bool {
	o, _ := m.Holding(importPath)
	return o != nil
}

// originOf returns the module that f is in, which is read from then on.
func (m *Module) originOf(f found) *Origin {
	for _, o := range m.Origins {
		if o.path == f.Module.Path {
			return o
		}
	}
	below := strings.TrimPrefix(f.ImportPath, f.Module.Path)
	// The module's own folder may not be known: vendor/ has packages alone.
	root := strings.TrimSuffix(f.Dir, filepath.FromSlash(below))
	o := &Origin{Root: root, path: f.Module.Path}
	m.Origins = append(m.Origins, o)
	return o
}

// readOthers reads the source of the modules that this one builds on: the functions that
// are lent, with what is private to them, and the packages of shared/ of the framework and
// of all who lend.
func (m *Module) readOthers(ctx context.Context, functions []*Folder) (lent, services []*Folder, err error) {
	if err := m.findFramework(ctx); err != nil {
		return nil, nil, err
	}
	if lent, err = m.readLent(ctx, functions); err != nil {
		return nil, nil, err
	}
	for _, o := range m.Origins[1:] {
		services = append(services, m.walk(o, "shared")...)
	}
	return lent, services, nil
}

// findFramework finds the source of the framework, if it is another module than this one.
func (m *Module) findFramework(ctx context.Context) error {
	if m.Framework == m.Path {
		return nil
	}
	contract := m.Contract("shared/fn")
	places, err := m.locate(ctx, []string{contract})
	if err != nil {
		return err
	}
	at := places[contract]
	if at.Error != nil || at.Module == nil {
		return fmt.Errorf("go.mod requires no %s, of which this tool is: run go get %s", m.Framework, m.Framework)
	}
	m.originOf(at)
	return nil
}

// find returns where the functions are that borrowers lend, by their import paths.
func (m *Module) find(ctx context.Context, borrowers []*Folder) (map[string]found, error) {
	var paths []string
	for _, f := range borrowers {
		if p := m.borrows(f); m.local(p) == "" {
			paths = append(paths, p)
		}
	}
	if len(paths) == 0 {
		return nil, nil //nolint:nilnil // no function is in another module
	}
	return m.locate(ctx, paths)
}

// found is where the go command finds a package.
type found struct {
	ImportPath string
	Dir        string
	Module     *struct{ Path string }
	Error      *struct{ Err string }
}

// locate asks the go command where packages are.
func (m *Module) locate(ctx context.Context, paths []string) (map[string]found, error) {
	args := append([]string{"-find", "-json=ImportPath,Dir,Module,Error", "--"}, paths...)
	all := map[string]found{}
	err := goList(ctx, m.Root, args, func(f found) { all[f.ImportPath] = f })
	return all, err
}
