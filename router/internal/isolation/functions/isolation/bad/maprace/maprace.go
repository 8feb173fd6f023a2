// Package maprace writes to a map from several goroutines.
package maprace

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/maprace", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	const writers = 4
	m := map[int]int{}
	for range writers {
		go func() {
			for i := 0; r.Context().Err() == nil; i++ {
				m[i%writers]++
			}
		}()
	}
	<-r.Context().Done()
}
