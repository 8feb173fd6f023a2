package serve

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// refusal is an answer that is the same for all requests but for their ids. It is prepared,
// because most of those that there are too many of get it: it costs a copy, in the look of
// the product as well.
type refusal struct {
	problem        *answer.Problem // nobody may change it
	document, page [2]string       // what stands before and after the request's id
	documentHeader []header
	pageHeader     []header
}

// placeholder stands for a request's id in an answer that is being prepared.
const placeholder = "request-0000-id"

// newRefusal returns the answer that refuses a request with err. Its page is in this look, as
// somebody sees it of whom nothing is known; nil: plain.
func newRefusal(err *fault.Error, look Look) *refusal {
	f := &refusal{problem: answer.Of(err)}
	shown := *f.problem
	shown.RequestID = placeholder
	document, _ := json.Marshal(&shown) // of strings and numbers
	f.document[0], f.document[1], _ = strings.Cut(string(document)+"\n", placeholder)
	h := http.Header{}
	f.problem.Prepare(h)
	f.documentHeader = append(headersOf(h), header{"Content-Type", []string{answer.ContentType}})
	page := &lastAnswer{header: h}
	h.Set("X-Request-Id", placeholder)
	if look != nil {
		look.Trouble(page, &http.Request{Method: http.MethodGet, URL: &url.URL{}, Header: http.Header{}}, shown.Status, shown.Detail)
	} else {
		writePlain(page, &shown)
	}
	f.page[0], f.page[1], _ = strings.Cut(page.body.String(), placeholder)
	h.Del("X-Request-Id")
	h.Del("Content-Length") // of another id
	f.pageHeader = headersOf(h)
	return f
}

// headersOf returns the headers in h.
func headersOf(h http.Header) (all []header) {
	for name, values := range h {
		all = append(all, header{name, values})
	}
	return all
}

// refuse answers r with f: with its page if a person may have asked for one, and rather wants
// that.
func (x *exchange) refuse(r *http.Request, f *refusal) {
	x.call.Problem, x.body.single = f.problem, true
	headers, text := f.documentHeader, &f.document
	h := x.Header()
	if x.people {
		addVary(h, x.host.varyAccept)
		if prefersPage(r.Header["Accept"]) {
			headers, text = f.pageHeader, &f.page
		}
	}
	for _, one := range headers {
		h[one.name] = one.values
	}
	body := make([]byte, 0, len(text[0])+len(x.call.RequestID)+len(text[1]))
	body = append(append(append(body, text[0]...), x.call.RequestID...), text[1]...)
	x.WriteHeader(f.problem.Status)
	_, _ = x.Write(body) // a client that does not listen cannot be told
}
