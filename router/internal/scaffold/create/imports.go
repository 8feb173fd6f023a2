package create

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"
)

// imports are those of one file: the names that packages have in it, by their paths.
type imports struct {
	framework, module string // whose packages stand apart
	names             map[string]string
}

func newImports(framework, module string, paths ...string) *imports {
	m := &imports{framework: framework, module: module, names: map[string]string{}}
	for _, p := range paths {
		m.name(p)
	}
	return m
}

// name imports the package and returns its name in the file.
func (m *imports) name(importPath string) string {
	if known, ok := m.names[importPath]; ok {
		return known
	}
	name := path.Base(importPath)
	if !token.IsIdentifier(name) {
		name = packageOf(name)
	}
	return m.nameAs(importPath, name)
}

// nameAs imports the package called name and returns its name in the file: another one if
// that has a meaning there already.
func (m *imports) nameAs(importPath, name string) string {
	for above := path.Dir(importPath); m.taken(name) && above != "."; above = path.Dir(above) {
		name = packageOf(above) + name
	}
	m.names[importPath] = name
	return name
}

// taken reports whether a package cannot have the name: another one has it, a variable in
// the templates, or Go itself.
func (m *imports) taken(name string) bool {
	locals := []string{"ctx", "err", "f", "in", "m", "out", "r", "t", "w"}
	return slices.Contains(slices.Collect(maps.Values(m.names)), name) || slices.Contains(locals, name) ||
		name == "init" || types.Universe.Lookup(name) != nil
}

// String returns the import declaration: the standard library, other modules, the
// framework, this one. A framework whose path has no dot is to goimports a part of the
// standard library, which must not stand in one group with other modules.
func (m *imports) String() string {
	groups := make([][]string, 4)
	for _, importPath := range slices.Sorted(maps.Keys(m.names)) {
		line := fmt.Sprintf("\t%q\n", importPath)
		if name := m.names[importPath]; name != path.Base(importPath) {
			line = "\t" + name + " " + line[1:]
		}
		group := 1
		switch first, _, _ := strings.Cut(importPath, "/"); {
		case strings.HasPrefix(importPath, m.module+"/"):
			group = 3
		case strings.HasPrefix(importPath, m.framework+"/"):
			group = 2
		case slices.Contains([]string{"context", "net", "os", "testing", "time"}, first):
			group = 0
		}
		groups[group] = append(groups[group], line)
	}
	var parts []string
	for _, g := range groups {
		if len(g) > 0 {
			parts = append(parts, strings.Join(g, ""))
		}
	}
	return "import (\n" + strings.Join(parts, "\n") + ")"
}
