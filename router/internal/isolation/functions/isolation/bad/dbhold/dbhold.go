// Package dbhold holds a transaction for ever, whatever its context says.
package dbhold

import (
	"net/http"
	"time"

	"switchyard/shared/db"
	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/dbhold", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct {
	DB *db.DB
}

func (f Function) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if _, err := f.DB.Begin(r.Context()); err == nil {
		<-make(chan struct{})
	}
}
