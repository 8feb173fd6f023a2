// Package deadlock waits for ever, whatever its context says.
package deadlock

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/deadlock", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(http.ResponseWriter, *http.Request) { <-make(chan struct{}) }
