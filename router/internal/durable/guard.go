package durable

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// guarded lets only well-formed JSON through to next. The SDK brings a body into
// a canonical form before it knows who sent it, by a parser that overflows the
// stack, and so ends the process, on deep nesting; encoding/json has a limit.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "the request is too large or incomplete")
			return
		}
		if len(body) > 0 && !json.Valid(body) {
			refuse(w, http.StatusBadRequest, "the request is not JSON")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
