// Package stream sends what is said in the room, as server-sent events.
package stream

import (
	"io"
	"net/http"
	"time"

	"switchyard/shared/fn"

	"example.com/acme/desk/shared/room"
)

var Spec = fn.Page{
	Route:         "GET /stream",
	Summary:       "What is said",
	Access:        fn.Public,
	Timeout:       time.Hour,
	MaxConcurrent: 20_000,
	Stream:        true,
}

type Function struct {
	Room *room.Room
}

// ServeHTTP sends it until the client goes.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	said, leave := f.Room.Listen()
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	if err := out.Flush(); err != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case text := <-said:
			if _, err := io.WriteString(w, "data: "+text+"\n\n"); err != nil {
				return
			}
			if err := out.Flush(); err != nil {
				return
			}
		}
	}
}
