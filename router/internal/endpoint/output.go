package endpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// output writes what a function returned.
type output struct {
	op      *huma.Operation
	headers []outHeader
	status  []int // the index of Status; nil if there is none
	body    []int // the index of Body; nil if there is none
	buffers sync.Pool
}

// outHeader is a field that is answered as a header.
type outHeader struct {
	index  []int
	name   string
	layout string // of a time
}

func newOutput(op *huma.Operation, t reflect.Type) *output {
	o := &output{op: op, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Anonymous || !f.IsExported():
		case f.Name == "Status":
			o.status = f.Index
		case f.Name == "Body":
			o.body = f.Index
		default:
			h := outHeader{index: f.Index, name: f.Tag.Get("header"), layout: layout(f, "header")}
			if h.name == "" {
				h.name = f.Name
			}
			o.headers = append(o.headers, h)
		}
	}
	return o
}

// write answers r with v. It panics if the Body cannot be encoded, before anything is
// written.
func (o *output) write(w http.ResponseWriter, r *http.Request, v reflect.Value) {
	for i := range o.headers {
		o.headers[i].write(w.Header(), v)
	}
	status := o.op.DefaultStatus
	if o.status != nil {
		if s, ok := v.FieldByIndexErr(o.status); ok == nil && s.Int() != 0 {
			status = int(s.Int())
		}
	}
	if o.body == nil {
		w.WriteHeader(status)
		return
	}
	switch body := v.FieldByIndex(o.body).Interface().(type) {
	case func(huma.Context):
		body(humago.NewContext(o.op, r, w))
	case []byte:
		w.WriteHeader(status)
		_, _ = w.Write(body) // a client that does not listen cannot be told
	default:
		o.writeJSON(w, status, body)
	}
}

func (o *output) writeJSON(w http.ResponseWriter, status int, body any) {
	buffer, _ := o.buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= 1<<20 {
			buffer.Reset()
			o.buffers.Put(buffer)
		}
	}()
	enc := json.NewEncoder(buffer)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic(fmt.Errorf("encode the answer: %w", err))
	}
	header := w.Header()
	if header["Content-Type"] == nil {
		header["Content-Type"] = o.contentType(body)
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		_, _ = w.Write(buffer.Bytes()) // a client that does not listen cannot be told
	}
}

// contentType returns the media type of an answer with this body.
func (o *output) contentType(body any) []string {
	if filter, ok := body.(huma.ContentTypeFilter); ok {
		return []string{filter.ContentType(jsonType)}
	}
	return []string{jsonType}
}

// write adds the header to those of the answer.
func (h *outHeader) write(header http.Header, v reflect.Value) {
	field, err := v.FieldByIndexErr(h.index)
	if err != nil {
		return // in something embedded that is not there
	}
	if field = reflect.Indirect(field); !field.IsValid() {
		return
	}
	if field.Kind() != reflect.Slice {
		if text := h.text(field); text != "" {
			header.Set(h.name, text)
		}
		return
	}
	for i := range field.Len() {
		if text := h.text(field.Index(i)); text != "" {
			header.Add(h.name, text)
		}
	}
}

// text returns v as a header has it; "" for none.
func (h *outHeader) text(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	if t, ok := reflect.TypeAssert[time.Time](v); ok && !t.IsZero() {
		return t.Format(h.layout)
	}
	if v.CanAddr() {
		if s, ok := reflect.TypeAssert[fmt.Stringer](v.Addr()); ok {
			return s.String()
		}
	}
	return fmt.Sprint(v.Interface())
}
