//go:build !race

package bind_test

import (
	"net/http"
	"testing"

	"switchyard/router/wire/bind"
)

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// Reading a request costs its Input, and what that holds: a list in the query, a text
// that a pointer leads to, a map, a list, and one copy of the body's texts. Writing it
// costs its length as a header, and the names of the map.
//
// With the race detector, pools lose some of what they are given.
func TestAllocations(t *testing.T) { //nolint:paralleltest // it counts
	r, b := newOrder(orderText)
	in := new(orderInput)
	reading := testing.AllocsPerRun(100, func() {
		b.Reset(orderText)
		*in = orderInput{}
		if !bind.Accept(r, 1000, readOrder, in) {
			t.Fatal("not accepted")
		}
	})
	out := &orderOutput{Body: in.Body}
	answer := &discard{http.Header{}}
	writing := testing.AllocsPerRun(100, func() { bind.Answer(answer, http.StatusOK, writeOrder, out) })
	if reading > 6 || writing > 3 {
		t.Errorf("reading costs %v allocations, writing %v", reading, writing)
	}
}
