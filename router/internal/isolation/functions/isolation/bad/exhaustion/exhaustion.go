// Package exhaustion takes memory until there is none left.
package exhaustion

import (
	"bytes"
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/exhaustion", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	const size = 1 << 20
	var held [][]byte
	for len(held) < 1<<20 { // a terabyte
		held = append(held, bytes.Repeat([]byte{1}, size))
	}
	w.WriteHeader(http.StatusNoContent)
}
