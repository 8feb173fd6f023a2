package render

import (
	"fmt"
	"go/types"
	"hash/crc32"
	"maps"
	"path"
	"slices"
	"strings"

	"switchyard/router/internal/generate/gofile"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/wiring"
)

// ChaptersDir is where chapters are, below the root of a module: in a folder named after the first
// function of each. It begins with _ for the reason that [binding.Dir] does.
const ChaptersDir = source.CatalogDir + "/_chapters"

// whole bounds the functions that the catalog lists itself. If there are more, each chapter is a package:
// after a change of one function only its chapter is compiled again, and a catalog that lists chapters.
// A package that imports thousands of functions takes ten seconds.
const whole = 256

// chapters divides functions into lists of 64 on average. Where one begins, but for the first, depends on
// the name of its first function alone, so that a new function changes no other chapter than its own.
func chapters(all []wiring.Wired) (chapters [][]wiring.Wired) {
	start := 0
	for i, f := range all {
		if i > start && crc32.ChecksumIEEE([]byte(f.Name()))%64 == 0 {
			chapters = append(chapters, all[start:i])
			start = i
		}
	}
	return append(chapters, all[start:])
}

// renderChapter writes the package of a chapter, and returns the call that has its functions.
func (r *renderer) renderChapter(functions []wiring.Wired) string {
	c := &renderer{
		Wiring: r.Wiring, module: r.module, vars: r.vars, files: r.files,
		Imports: gofile.New(append(slices.Collect(maps.Values(r.vars)), "Functions")...),
	}
	args, params := c.parameters(functions)
	first := functions[0].Name()
	c.printf("// Functions returns the functions from %s on.\nfunc Functions(%s) []%s.Function {\nreturn ", first, params, c.wire())
	c.renderList(functions)
	c.printf("\n}\n")
	dir := path.Join(ChaptersDir, first)
	c.keep(dir+"/chapter_gen.go", "// Package chapter is a part of the catalog.\npackage chapter")
	return fmt.Sprintf("%s.Functions(%s)", r.UseAs(path.Join(r.module.Path, dir), gofile.Camel(first)+"Chapter", ""), args)
}

// parameters returns what a chapter has to be given for its functions: the sections and services
// as the catalog calls them, and the same with their types.
func (r *renderer) parameters(functions []wiring.Wired) (args, params string) {
	used := map[string]bool{}
	for _, f := range functions {
		for _, key := range f.Keys() {
			used[key] = true
		}
	}
	var names, declared []string
	add := func(typ types.Type, kind string) {
		if key := gotype.Key(typ); used[key] {
			names = append(names, r.vars[key])
			declared = append(declared, fmt.Sprintf("%s *%s.%s[%s]", r.vars[key], r.wire(), kind, r.Type(typ)))
		}
	}
	for _, s := range r.Sections {
		add(s, "EnvOf")
	}
	for _, s := range r.Services {
		add(s.Provides, "ServiceOf")
	}
	args, params = strings.Join(names, ", "), strings.Join(declared, ", ")
	if len(params) > maxLine {
		params = "\n" + strings.Join(declared, ",\n") + ",\n"
	}
	return args, params
}
