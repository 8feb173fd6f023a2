// Package live tells the pages of a signed-in user what happens to what is theirs.
package live

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fn"
	"switchyard/shared/live"
)

var Spec = fn.Page{
	Route:         "GET " + live.Path,
	Summary:       "What happens to what is yours, as server-sent events",
	Stream:        true,
	Timeout:       time.Hour, // then the browser comes again
	MaxConcurrent: 20_000,
}

// Function streams.
type Function struct {
	Live *live.Hub
}

// ServeHTTP streams the messages of the user's topic.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.Live.ServeEvents(w, r, live.User(auth.UserFrom(r.Context()).ID))
}
