package desk

import (
	_ "embed"
	"html/template"
)

//go:embed page.html
var text string

// Page shows items, with the layout of the product's pages.
var Page = template.Must(template.New("page").Parse(text)) //nolint:gochecknoglobals // a constant, as far as Go can say it

// Shown is the data of Page: its heading, and the rows of its table in their order.
type Shown struct {
	Title string
	Items []Item
}
