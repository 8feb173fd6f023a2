// Package assets serves the scripts and the style of the file desk's pages.
package assets

import (
	"net/http"

	"switchyard/shared/files/script"
	"switchyard/shared/fn"
)

var Spec = fn.Page{
	Route:   "GET " + script.Prefix,
	Summary: "The file desk's script",
	Access:  fn.Public,
}

// Function serves assets.
type Function struct {
	Assets *script.Assets
}

// ServeHTTP answers with an asset.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.Assets.ServeHTTP(w, r) }
