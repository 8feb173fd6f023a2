// Package panics has a panic in its handler.
package panics

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/panics", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(http.ResponseWriter, *http.Request) { panic("isolation: in a handler") }
