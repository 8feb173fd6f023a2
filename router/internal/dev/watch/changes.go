package watch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Changes are files that came, went, or have other content than before, as paths
// relative to the root, with slashes: "functions/a/a.go", "../framework/shared/fn/fn.go".
type Changes []string

// Templates reports whether templates changed.
func (c Changes) Templates() bool {
	return slices.ContainsFunc(c, func(name string) bool { return path.Ext(name) == ".templ" })
}

// Only reports whether all that changed is in one of the folders, or one of the files.
func (c Changes) Only(names ...string) bool {
	return !slices.ContainsFunc(c, func(changed string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return changed == n || strings.HasPrefix(changed, n+"/") })
	})
}

// String names the files, for people.
func (c Changes) String() string {
	const most = 2
	if len(c) <= most {
		return strings.Join(c, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(c[:most], ", "), len(c)-most)
}

// Merge returns c and other, each file once.
func (c Changes) Merge(other Changes) Changes {
	all := slices.Concat(c, other)
	slices.Sort(all)
	return slices.Compact(all)
}
