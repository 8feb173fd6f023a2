package wiring

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchyard/internal/project"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/source"
	"switchyard/shared/fn"
)

// About is what the catalog says of the project itself.
type About struct {
	fn.Project
	titled bool // by a constant Title beside the catalog
}

// TitleText returns the title as an element of a literal.
func (a About) TitleText() string {
	if a.titled {
		return "Title: Title"
	}
	return fmt.Sprintf("Title: %q", a.Title)
}

// ReadProject returns the project's name and title, the paths of the pages that a link or a form can
// lead to, and the menu.
func ReadProject(m *source.Module, all []*function.Function) About {
	name := project.NameOf(m.Path)
	first, size := utf8.DecodeRuneInString(name)
	a := About{
		Project: fn.Project{Name: name, Title: string(unicode.ToUpper(first)) + name[size:]},
		titled:  hasTitle(m),
	}
	for _, f := range all {
		if at := linkable(f.Route); f.Kind == function.Page && at != "" {
			a.Pages = append(a.Pages, at)
			if f.Menu != "" {
				a.Menu = append(a.Menu, fn.Link{Path: at, Text: f.Menu})
			}
		}
	}
	slices.Sort(a.Pages)
	a.Pages = slices.Compact(a.Pages) // a form may have a page of its own
	slices.SortFunc(a.Menu, func(a, b fn.Link) int { return strings.Compare(a.Path, b.Path) })
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
func hasTitle(m *source.Module) bool {
	names, _ := filepath.Glob(filepath.Join(m.Root, filepath.FromSlash(source.CatalogDir), "*.go"))
	for _, name := range names {
		if strings.HasSuffix(name, "_gen.go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if file != nil && (&source.Folder{Files: []*ast.File{file}}).Declares("Title") {
			return true
		}
	}
	return false
}
