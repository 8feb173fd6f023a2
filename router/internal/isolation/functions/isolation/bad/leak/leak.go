// Package leak leaves goroutines behind.
package leak

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/leak", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	const many = 500
	for range many {
		go func() { <-make(chan struct{}) }()
	}
	w.WriteHeader(http.StatusNoContent)
}
