package bind

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
)

// Body returns what reads the request's body, which is JSON; nil if it has none, or not
// as it should be.
func (r *Request) Body() *Decoder {
	if r.odd || !saysJSON(r.http.Header["Content-Type"]) || !r.readBody() {
		return nil
	}
	r.decoder.data = r.body.Bytes()
	return &r.decoder
}

// readBody reads the body, and reports whether there is one that is not too large.
func (r *Request) readBody() bool {
	body := r.http.Body
	if body == nil || body == http.NoBody {
		return false
	}
	const soon = 16 << 10 // no more room than that for what may never come
	r.body.Grow(int(min(max(r.http.ContentLength, 0), soon)) + bytes.MinRead)
	r.limited = io.LimitedReader{R: body, N: r.limit + 1}
	_, err := r.body.ReadFrom(&r.limited)
	r.read, r.err = true, err
	return err == nil && r.body.Len() > 0 && int64(r.body.Len()) <= r.limit
}

// again makes the request's body, if it was read, one that can be read from its start.
func (r *Request) again() {
	if r.read {
		r.http.Body = &replay{io.MultiReader(bytes.NewReader(r.body.Bytes()), ended{cmp.Or(r.err, io.EOF)}), r.http.Body}
	}
}

// replay is a body that has been read, and can be read once more.
type replay struct {
	io.Reader
	io.Closer
}

// ended is what is left of a body that has been read: it has ended with err.
type ended struct{ err error }

func (e ended) Read([]byte) (int, error) { return 0, e.err }

// saysJSON reports whether a body with this Content-Type is JSON, in a usual spelling.
func saysJSON(said []string) bool {
	if len(said) == 0 {
		return true
	}
	switch said[0] {
	case "application/json", "application/json; charset=utf-8", "application/json;charset=utf-8",
		"application/json; charset=UTF-8", "application/json;charset=UTF-8":
		return len(said) == 1
	}
	return false
}
