// Package assets serves the style and the scripts of the pages.
package assets

import (
	"net/http"

	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "GET " + ui.Prefix,
	Summary: "Style and scripts",
	Access:  fn.Public,
}

// Function serves assets.
type Function struct {
	UI *ui.Kit
}

// ServeHTTP answers with an asset.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.UI.ServeAsset(w, r) }
