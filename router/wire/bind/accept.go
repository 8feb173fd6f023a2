package bind

import (
	"net/http"
	"slices"
	"sync"
)

// requests are at hand for the next requests.
var requests = sync.Pool{New: func() any { return new(Request) }} //nolint:gochecknoglobals // it holds nothing that can be told

// Accept reads r into in, which is zero, by a binding's Read. Of r's body it reads one
// byte more than limit at most. If it returns false, in has any content, and r can be read
// again from its start.
func Accept[I any](r *http.Request, limit int64, read func(*Request, *I) bool, in *I) bool {
	q, _ := requests.Get().(*Request)
	q.http, q.limit = r, limit
	q.parseQuery(r.URL.RawQuery)
	if !q.odd && read(q, in) && q.usual() {
		q.giveBack()
		return true
	}
	q.again() // so q cannot be used for another one
	return false
}

// usual reports whether nothing was noted that no binding accepts.
func (r *Request) usual() bool {
	return !r.odd && !slices.ContainsFunc(r.query, func(part pair) bool { return !part.asked })
}

// giveBack keeps r for the next request, unless its buffer has grown large.
func (r *Request) giveBack() {
	const large = 1 << 20
	if r.body.Cap() > large {
		return
	}
	clear(r.query)
	r.body.Reset()
	*r = Request{query: r.query[:0], body: r.body, decoder: Decoder{scratch: r.decoder.scratch}}
	requests.Put(r)
}
