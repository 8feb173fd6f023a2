package generate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchyard/internal/project"
	"switchyard/shared/fn"
)

// about is what the catalog says of the project itself.
type about struct {
	fn.Project
	titled bool // by a constant Title beside the catalog
}

// titleText returns the title as an element of a literal.
func (a about) titleText() string {
	if a.titled {
		return "Title: Title"
	}
	return fmt.Sprintf("Title: %q", a.Title)
}

// readProject finds out what the project is called, and which pages it has that a link
// or a form can lead to.
func (m *module) readProject(functions []*function) about {
	name := project.NameOf(m.path)
	first, size := utf8.DecodeRuneInString(name)
	a := about{
		Project: fn.Project{Name: name, Title: string(unicode.ToUpper(first)) + name[size:]},
		titled:  m.hasTitle(),
	}
	for _, f := range functions {
		if f.kind != page || f.spec["Route"] == nil {
			continue
		}
		text, _ := m.constant(f, f.spec["Route"], "Route")
		if at := linkable(text); at != "" {
			a.Pages = append(a.Pages, at)
		}
	}
	slices.Sort(a.Pages)
	a.Pages = slices.Compact(a.Pages) // a form may have a page of its own
	return a
}

// linkable returns the path to which a link, or a form, to the page with this pattern
// leads. It is "" for a page that wants parameters, or has neither GET nor POST.
func linkable(pattern string) string {
	method, at, ok := strings.Cut(pattern, " ")
	if !ok {
		method, at = "GET", pattern
	}
	at = strings.TrimSuffix(at, "{$}")
	if method != "GET" && method != "POST" || strings.Contains(at, "{") || len(at) > 1 && strings.HasSuffix(at, "/") {
		return ""
	}
	return at
}

// hasTitle reports whether a constant Title is declared beside the catalog.
func (m *module) hasTitle() bool {
	names, _ := filepath.Glob(filepath.Join(m.root, filepath.FromSlash(path.Dir(Output)), "*.go"))
	for _, name := range names {
		if strings.HasSuffix(name, "_gen.go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if file != nil && (&folder{files: []*ast.File{file}}).declares("Title") {
			return true
		}
	}
	return false
}
