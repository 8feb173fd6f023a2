package source

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// Event is a type of events.
type Event struct {
	Name       string // "file/uploaded"
	Type       string // the name of its Go type; it may be private
	ImportPath string // where that is
}

// Importable reports whether any function can name the event's type.
func (e Event) Importable() bool {
	return ast.IsExported(e.Type) && strings.Contains(e.ImportPath, "/shared/") && !strings.Contains(e.ImportPath+"/", "/internal/")
}

// Events returns the events of the project, and those of what it uses, by their names.
func (p *Project) Events() map[string]Event {
	events := map[string]Event{}
	for _, importPath := range slices.Sorted(maps.Keys(p.packages)) {
		k := p.packages[importPath]
		if !p.used(k) {
			continue
		}
		for _, file := range k.syntax().files {
			for _, decl := range file.Decls {
				if e, ok := p.event(k, file, decl); ok {
					events[e.Name] = e
				}
			}
		}
	}
	return events
}

// used reports whether k may have events: of the framework only what the functions
// import, of other modules what they lend.
func (p *Project) used(k *Package) bool {
	dir := "/" + k.ImportPath + "/"
	return k.deps && (strings.Contains(dir, "/shared/") || strings.Contains(dir, "/functions/"))
}

// event returns the event that a declaration is the EventName of.
func (p *Project) event(k *Package, file *ast.File, decl ast.Decl) (Event, bool) {
	f, ok := decl.(*ast.FuncDecl)
	if !ok || f.Name.Name != "EventName" || f.Recv == nil || f.Body == nil || len(f.Body.List) != 1 {
		return Event{}, false
	}
	result, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return Event{}, false
	}
	name, ok := p.text(place{result.Results[0], file, k}, 0)
	receiver, isName := f.Recv.List[0].Type.(*ast.Ident)
	if !ok || !isName {
		return Event{}, false
	}
	return Event{Name: name, Type: receiver.Name, ImportPath: k.ImportPath}, true
}
