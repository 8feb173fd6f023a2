// Package dbleak begins a transaction, and forgets it.
package dbleak

import (
	"net/http"
	"time"

	"switchyard/shared/db"
	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/dbleak", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct {
	DB *db.DB
}

func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := f.DB.Begin(r.Context()); err != nil {
		http.Error(w, "no transaction", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
