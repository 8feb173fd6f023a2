package source

import (
	"context"
	"slices"
)

// Linked is a package that a program links.
type Linked struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	EmbedFiles []string
	Imports    []string
	Standard   bool
}

// Linked returns the packages that a program with packages links, without Go's standard library. It
// finds only where they are, and so works also if they do not compile.
func (m *Module) Linked(ctx context.Context, packages []string) (all []Linked, err error) {
	args := append([]string{"-deps", "-json=ImportPath,Dir,GoFiles,EmbedFiles,Imports,Standard", "--"}, slices.Sorted(slices.Values(packages))...)
	err = goList(ctx, m.Root, args, func(p Linked) {
		if !p.Standard && p.Dir != "" {
			all = append(all, p)
		}
	})
	return all, err
}
