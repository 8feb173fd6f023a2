// Package script has the script of the file desk's page.
package script

import (
	"context"
	"embed"

	"switchyard/shared/ui"
)

//go:embed desk
var embedded embed.FS

// Prefix is where the script is served.
const Prefix = "/desk/"

// Assets are what the page loads beside the house's own.
type Assets struct{ *ui.Assets }

// Open returns the assets. It fails only if the program was not built properly.
func Open(context.Context) (*Assets, error) {
	assets, err := ui.NewAssets(embedded, "desk")
	return &Assets{assets}, err
}

// Desk returns the path of the script.
func (a *Assets) Desk() string { return a.Path("desk.js") }
