package bind

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"switchyard/internal/storable"
)

// Request is a request that a binding reads. It notes by itself what no binding accepts:
// a parameter of the query that was not asked for, one that is given twice where a single
// one is asked for, and text that is not UTF-8 or has a zero byte.
type Request struct {
	http    *http.Request
	query   []pair
	odd     bool  // no binding accepts it
	limit   int64 // bytes of the body
	limited io.LimitedReader
	body    bytes.Buffer
	read    bool  // the body has been read
	err     error // of reading it
	decoder Decoder
}

// pair is one part of a query.
type pair struct {
	name, value string
	asked       bool
}

// PathValue returns the parameter of the path called name.
func (r *Request) PathValue(name string) string { return r.storable(r.http.PathValue(name)) }

// QueryValue returns the parameter of the query called name; false if it is not given.
func (r *Request) QueryValue(name string) (text string, given bool) {
	for i := range r.query {
		part := &r.query[i]
		if part.name != name {
			continue
		}
		r.odd = r.odd || given
		text, given, part.asked = r.storable(part.value), true, true
	}
	return text, given
}

// QueryList returns the items of the list called name, in the parts of the query that
// give it: with commas between them, or one in each part, if it is exploded. It is empty
// and not nil if it is given as "".
func (r *Request) QueryList(name string, exploded bool) (items []string, given bool) {
	parts := 0
	for i := range r.query {
		part := &r.query[i]
		if part.name != name {
			continue
		}
		text := r.storable(part.value)
		parts++
		part.asked = true
		switch {
		case exploded:
			items = append(items, text)
		case items == nil:
			items = strings.Split(text, ",")
		default:
			items = append(items, strings.Split(text, ",")...)
		}
	}
	if parts == 1 && len(items) == 1 && items[0] == "" {
		items = items[:0]
	}
	return items, parts > 0
}

// Header returns the header called name, as net/http spells it; false if it is not given.
func (r *Request) Header(name string) (text string, given bool) {
	values := r.http.Header[name]
	if len(values) == 0 {
		return "", false
	}
	r.odd = r.odd || len(values) > 1
	return r.storable(values[0]), true
}

// HeaderList returns the items of a list in the header called name, as net/http spells it.
// It is empty and not nil if it is given as "".
func (r *Request) HeaderList(name string) (items []string, given bool) {
	text, given := r.Header(name)
	if !given || text == "" {
		return []string{}, given
	}
	items = strings.Split(text, ",")
	for i, item := range items {
		items[i] = textproto.TrimString(item)
	}
	return items, true
}

// Cookie returns the value of the first cookie called name; false if there is none.
func (r *Request) Cookie(name string) (text string, given bool) {
	c, err := r.http.Cookie(name)
	if err != nil {
		return "", false
	}
	return r.storable(c.Value), true
}

// storable returns text, and notes if PostgreSQL could not hold it.
func (r *Request) storable(text string) string {
	r.odd = r.odd || !storable.Text(text)
	return text
}

// parseQuery takes the query apart. A semicolon is a character like any other.
func (r *Request) parseQuery(query string) {
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		r.query = append(r.query, pair{name: r.unescape(name), value: r.unescape(value)})
	}
}

func (r *Request) unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	r.odd = r.odd || err != nil
	return plain
}
