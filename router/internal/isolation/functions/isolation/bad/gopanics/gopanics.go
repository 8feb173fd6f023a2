// Package gopanics panics in a goroutine that it started.
package gopanics

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/gopanics", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	go func() { panic("isolation: in a goroutine") }()
	w.WriteHeader(http.StatusNoContent)
}
