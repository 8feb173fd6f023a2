// Package spin keeps a processor busy for ever, whatever its context says.
package spin

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/spin", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	for n := uint64(0); n+1 != 0; n++ {
		w.Header() // lest the loop is compiled away
	}
}
