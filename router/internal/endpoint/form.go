package endpoint

import (
	"fmt"
	"mime/multipart"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/answer"
)

const (
	formType   = "multipart/form-data"
	formMemory = 8 << 10 // bytes; what is more goes to files
)

// form is a body of the type multipart/form-data: for a RawBody that is a multipart.Form,
// or a huma.MultipartFormFiles of a struct with form tags.
type form struct {
	index  []int
	fields []param         // of the struct
	media  *huma.MediaType // of the struct; nil for a multipart.Form
}

// files is a *huma.MultipartFormFiles.
type files interface {
	Decode(media *huma.MediaType, read func(v reflect.Value)) []error
}

func newForm(registry huma.Registry, op *huma.Operation, f reflect.StructField) (body, error) {
	b := &form{index: f.Index}
	if f.Type == reflect.TypeFor[multipart.Form]() {
		return b, nil
	}
	data, ok := f.Type.FieldByName("data")
	if !reflect.PointerTo(f.Type).Implements(reflect.TypeFor[files]()) || !ok {
		return nil, fmt.Errorf("a RawBody cannot be a %s", f.Type)
	}
	b.media = op.RequestBody.Content[formType]
	var err error
	b.fields, err = findParams(registry, data.Type.Elem(), "form")
	return b, err
}

// isFile reports whether a field of a form is filled from files.
func isFile(t reflect.Type) bool {
	return t == reflect.TypeFor[huma.FormFile]() || t == reflect.TypeFor[[]huma.FormFile]()
}

func (b *form) read(r *http.Request, v reflect.Value, c *check) *answer.Problem {
	types := []string{formType}
	if r.Header.Get("Content-Type") == "" || !accepted(types, r.Header) {
		return unsupported(types)
	}
	if err := r.ParseMultipartForm(formMemory); err != nil {
		if p := unreadable(err); p.Status != http.StatusBadRequest {
			return p
		}
		c.add("body", "cannot read multipart form")
		return nil
	}
	field := fieldOf(v, b.index)
	if b.media == nil {
		field.Set(reflect.ValueOf(*r.MultipartForm))
		return nil
	}
	field.FieldByName("Form").Set(reflect.ValueOf(r.MultipartForm))
	if decoder, ok := reflect.TypeAssert[files](field.Addr()); ok {
		c.addAll(decoder.Decode(b.media, func(data reflect.Value) { b.fill(r.MultipartForm, data.Elem(), c) }))
	}
	return nil
}

// fill reads the fields that are no files.
func (b *form) fill(from *multipart.Form, data reflect.Value, c *check) {
	for i := range b.fields {
		p := &b.fields[i]
		if len(from.Value[p.name]) == 0 && len(from.File[p.name]) > 0 {
			continue // it is a file
		}
		p.read(data, from.Value[p.name], c)
	}
}
