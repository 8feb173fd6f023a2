package fn

import "slices"

// Project is what pages show of the project. The catalog gives it to each service whose Open
// takes one.
type Project struct {
	Name  string   // for machines: "orders"
	Title string   // for people: "Orders"
	Pages []string // the paths of its pages: "/account"
	Menu  []Link   // the pages in its menu, sorted by path
}

// Link leads to a page.
type Link struct{ Path, Text string }

// Has reports whether the project has a page at path.
func (p Project) Has(path string) bool { return slices.Contains(p.Pages, path) }
