// Package home leads to the items.
package home

import (
	"net/http"

	"switchyard/shared/fn"
)

var Spec = fn.Page{
	Route:   "GET /{$}",
	Summary: "The first page",
	Access:  fn.Public,
}

type Function struct{}

// ServeHTTP leads to the items.
func (Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/items", http.StatusSeeOther)
}
