// Package gofile keeps the names of a Go file that is generated: what it calls its packages
// and variables, each name once.
package gofile

import (
	"fmt"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Names gives out identifiers for a file, each once.
type Names struct{ taken map[string]bool }

// Pick returns wanted, or else a name made of it with suffix, and then with a number.
func (n *Names) Pick(wanted, suffix string) string {
	name := wanted
	for i := 1; n.taken[name] || !token.IsIdentifier(name); i++ {
		name = wanted + suffix
		if i > 1 {
			name = fmt.Sprintf("%s%d", name, i)
		}
	}
	n.taken[name] = true
	return name
}

// Camel makes one word of the words in s: "api/files/create" becomes
// apiFilesCreate, "UserDB" userDB, "2fa" x2fa.
func Camel(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if i == 0 {
			words[i] = lower(w)
		} else {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	name := strings.Join(words, "")
	if name == "" || unicode.IsDigit(rune(name[0])) {
		name = "x" + name
	}
	return name
}

// lower makes the first word of an exported name small: Database, URL, DBPool
// become database, url, dbPool.
func lower(s string) string {
	runes := []rune(s)
	for i, r := range runes {
		startsNext := i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if !unicode.IsUpper(r) || startsNext {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}

// Imports are the packages that a file imports, and what it calls them. Make them with
// [New].
type Imports struct {
	Names
	alias map[string]string // import path -> name
	bare  map[string]bool   // import paths whose package has that name anyway
}

// New returns the imports of a file, none yet. It never gives out the names in taken, which the
// file uses itself, nor names that mean something in Go.
func New(taken ...string) *Imports {
	i := &Imports{Names: Names{map[string]bool{"init": true}}, alias: map[string]string{}, bare: map[string]bool{}}
	for _, name := range append(types.Universe.Names(), taken...) {
		i.taken[name] = true
	}
	return i
}

// Blank imports a package for what it does, or for a directive.
func (i *Imports) Blank(importPath string) { i.alias[importPath] = "_" }

// Use imports the package importPath, whose own name is name, and returns what the file calls it.
func (i *Imports) Use(importPath, name string) string {
	if alias, ok := i.alias[importPath]; ok {
		return alias
	}
	alias := i.Pick(name, "Package")
	i.alias[importPath] = alias
	i.bare[importPath] = alias == name && name == path.Base(importPath)
	return alias
}

// UseAs imports the package importPath and returns what the file calls it: wanted if that name is
// free, see [Names.Pick].
func (i *Imports) UseAs(importPath, wanted, suffix string) string {
	alias := i.Pick(wanted, suffix)
	i.alias[importPath] = alias
	return alias
}

// Type returns t as the file writes it, and imports what that needs.
func (i *Imports) Type(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return i.Use(p.Path(), p.Name()) })
}

// Block returns the import declaration, in three groups: the standard library, other modules (with
// the framework, unless it is this one), and this module.
func (i *Imports) Block(modulePath, framework string) string {
	var groups [3][]string // of import paths
	for importPath := range i.alias {
		group := 1
		switch first, _, _ := strings.Cut(importPath, "/"); {
		case importPath == modulePath || strings.HasPrefix(importPath, modulePath+"/"):
			group = 2
		case !strings.Contains(first, ".") && !strings.HasPrefix(importPath, framework+"/"):
			group = 0
		}
		groups[group] = append(groups[group], importPath)
	}
	var b strings.Builder
	for _, group := range groups {
		slices.Sort(group)
		for _, importPath := range group {
			if !i.bare[importPath] {
				b.WriteString(i.alias[importPath] + " ")
			}
			fmt.Fprintf(&b, "%q\n", importPath)
		}
		if len(group) > 0 {
			b.WriteString("\n")
		}
	}
	return "import (\n" + strings.TrimSuffix(b.String(), "\n") + ")\n"
}
