// Package script has the scripts and the style of the file desk's pages.
package script

import (
	"context"
	"embed"

	"switchyard/shared/ui"
)

//go:embed desk
var embedded embed.FS

// Prefix is where they are served.
const Prefix = "/desk/"

// Assets are what the file desk's pages load beside those of package ui.
type Assets struct{ *ui.Assets }

// Open returns the assets. It fails only if the program was not built properly.
func Open(context.Context) (*Assets, error) {
	assets, err := ui.NewAssets(embedded, "desk")
	return &Assets{assets}, err
}

// Style returns the path of the desk's style sheet.
func (a *Assets) Style() string { return a.Path("desk.css") }

// Desk returns the path of the script of the list.
func (a *Assets) Desk() string { return a.Path("desk.js") }

// File returns the path of the script of a file's page.
func (a *Assets) File() string { return a.Path("file.js") }

// Media returns the path of the script of a page that plays.
func (a *Assets) Media() string { return a.Path("media.js") }

// Webhooks returns the path of the script of the pages of webhooks.
func (a *Assets) Webhooks() string { return a.Path("webhooks.js") }
