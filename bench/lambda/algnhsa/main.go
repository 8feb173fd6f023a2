// Command algnhsa is a Lambda with a handler of net/http behind algnhsa.
package main

import (
	"encoding/json"
	"net/http"

	"github.com/akrylysov/algnhsa"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(struct {
			Message string `json:"message"`
		}{"hello"})
	})
	algnhsa.ListenAndServe(mux, nil)
}
