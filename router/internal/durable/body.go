package durable

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// What strangers may have in memory here. Only the whole body shows whether a request is
// Inngest's, so that each is read first, and of those that are large a few at a time.
const (
	smallBody   = 64 << 10 // bytes; what is larger takes one of the places
	largeBodies = 8
	largeWithin = 15 * time.Second // to get a place, and for the rest to arrive
)

var errCrowded = errors.New("too many large requests are arriving")

// bodies has an entry for each place that is taken.
type bodies chan struct{}

func newBodies() bodies { return make(bodies, largeBodies) }

// read reads the body of r. The caller calls known once it knows that Inngest has sent it. It fails
// with errCrowded if there is no place for it.
func (b bodies) read(w http.ResponseWriter, r *http.Request) (body []byte, known func(), err error) {
	known = func() {}
	all := http.MaxBytesReader(w, r.Body, MaxBody)
	body, err = io.ReadAll(io.LimitReader(all, smallBody))
	if err != nil || len(body) < smallBody {
		return body, known, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), largeWithin)
	defer cancel()
	select {
	case b <- struct{}{}:
		known = func() { <-b }
	case <-ctx.Done():
		return nil, known, errCrowded
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(largeWithin)) // where there is one
	rest, err := io.ReadAll(all)
	return append(body, rest...), known, err
}
