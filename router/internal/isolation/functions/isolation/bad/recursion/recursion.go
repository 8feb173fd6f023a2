// Package recursion calls itself for ever.
package recursion

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/recursion", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.ServeHTTP(w, r)                   //nolint:staticcheck // it has no end: that is what it is for
	w.WriteHeader(http.StatusNoContent) // so that the call before is no last one
}
