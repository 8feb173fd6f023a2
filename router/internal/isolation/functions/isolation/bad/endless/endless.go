// Package endless never ends its answer, whatever becomes of it.
package endless

import (
	"bytes"
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/endless", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	piece := bytes.Repeat([]byte("endless "), 4<<10)
	for {
		_, _ = w.Write(piece)
	}
}
