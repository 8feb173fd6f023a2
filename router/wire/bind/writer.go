package bind

import (
	"net/http"
	"strconv"
	"sync"
)

// Writer is an answer that a binding writes. It has a default status.
type Writer struct {
	header http.Header
	status int
	isJSON bool
	buffer []byte // for a body of JSON
	direct []byte // a body that is sent as it is
}

// SetHeader sets the header called name, as net/http spells it, unless value is "".
func (w *Writer) SetHeader(name, value string) {
	if value != "" {
		w.header[name] = []string{value}
	}
}

// AddHeader adds to the header called name, as net/http spells it, unless value is "".
func (w *Writer) AddHeader(name, value string) {
	if value != "" {
		w.header[name] = append(w.header[name], value)
	}
}

// Status sets the status, unless code is 0.
func (w *Writer) Status(code int) {
	if code != 0 {
		w.status = code
	}
}

// Buffer returns an empty buffer, to which a body of JSON is appended for JSON.
func (w *Writer) Buffer() []byte { return w.buffer[:0] }

// JSON sets the body, which was appended to the Buffer.
func (w *Writer) JSON(body []byte) {
	body = append(body, '\n')
	w.buffer, w.isJSON = body, true
}

// Bytes sets a body that is sent as it is.
func (w *Writer) Bytes(body []byte) { w.direct = body }

// writers are at hand for the next answers.
var writers = sync.Pool{New: func() any { return new(Writer) }} //nolint:gochecknoglobals // it holds nothing that can be told

// Answer answers with out, by a binding's Write. It panics if the body cannot be encoded,
// before any of it is written.
func Answer[O any](w http.ResponseWriter, status int, write func(*Writer, *O), out *O) {
	a, _ := writers.Get().(*Writer)
	a.header, a.status = w.Header(), status
	write(a, out)
	a.send(w)
	const large = 1 << 20
	if cap(a.buffer) <= large {
		*a = Writer{buffer: a.buffer[:0]}
		writers.Put(a)
	}
}

var jsonType = []string{"application/json"} //nolint:gochecknoglobals // a constant, as far as Go can say it

// send writes the answer to w.
func (w *Writer) send(to http.ResponseWriter) {
	body := w.direct
	if w.isJSON {
		body = w.buffer
		if w.header["Content-Type"] == nil {
			w.header["Content-Type"] = jsonType
		}
	}
	none := w.isJSON && (w.status == http.StatusNoContent || w.status == http.StatusNotModified)
	if w.isJSON && !none {
		w.header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	to.WriteHeader(w.status)
	if body != nil && !none {
		_, _ = to.Write(body) // a client that does not listen cannot be told
	}
}
