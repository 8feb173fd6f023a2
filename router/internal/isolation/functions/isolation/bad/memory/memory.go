// Package memory holds half a gigabyte for a second.
package memory

import (
	"bytes"
	"net/http"
	"runtime"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/memory", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	const pieces, size = 512, 1 << 20
	var held [pieces][]byte
	for i := range held {
		held[i] = bytes.Repeat([]byte{1}, size)
	}
	time.Sleep(time.Second)
	runtime.KeepAlive(held)
	w.WriteHeader(http.StatusNoContent)
}
