package endpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"

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
	files  []upload        // of the struct
	media  *huma.MediaType // of the struct, for Decode; nil for a multipart.Form
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
	var err error
	b.fields, err = findParams(registry, data.Type.Elem(), "form")
	b.files = findUploads(data.Type.Elem())
	b.media = unchecked(op.RequestBody.Content[formType], b.files)
	return b, err
}

// upload is a field of a form that is filled from files.
type upload struct {
	name  string
	list  bool
	types []string // media types, in lower case; nil for any
}

// findUploads returns the fields of the struct t that huma fills from files.
func findUploads(t reflect.Type) []upload {
	var all []upload
	for f := range t.Fields() {
		if !isFile(f.Type) {
			continue
		}
		one := upload{name: cmp.Or(f.Tag.Get("form"), f.Name), list: f.Type.Kind() == reflect.Slice}
		for kind := range strings.SplitSeq(strings.ToLower(f.Tag.Get("contentType")), ",") {
			if kind = strings.TrimSpace(kind); kind != "" {
				one.types = append(one.types, kind)
			}
		}
		all = append(all, one)
	}
	return all
}

// check notes the files that are of none of the types. A file that is sent without a type
// has the one that its first bytes show.
//
// huma's own check takes text/plain and application/octet-stream for everything, text/plain
// with a charset for something else, and a short text without a type for binary
// (huma v2.37.2, formdata.go, MimeTypeValidator).
func (u *upload) check(files []*multipart.FileHeader, c *check) {
	for i, f := range files {
		at := "form." + u.name
		if u.list {
			at = fmt.Sprintf("%s[%d]", at, i)
		}
		if f.Header.Get("Content-Type") == "" {
			f.Header.Set("Content-Type", detect(f))
		}
		if !accepted(u.types, http.Header(f.Header)) {
			c.add(at, "has to be a file of "+strings.Join(u.types, " or "))
		}
	}
}

func detect(f *multipart.FileHeader) string {
	const enough = 512 // bytes, for http.DetectContentType
	var start []byte
	if file, err := f.Open(); err == nil {
		start, _ = io.ReadAll(io.LimitReader(file, enough))
		_ = file.Close()
	}
	return http.DetectContentType(start)
}

// unchecked returns media with files of any type; see upload.check.
func unchecked(media *huma.MediaType, files []upload) *huma.MediaType {
	open := *media
	open.Encoding = maps.Clone(media.Encoding)
	for _, f := range files {
		open.Encoding[f.name] = &huma.Encoding{ContentType: "application/octet-stream"}
	}
	return &open
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
		if p := answer.OfBody(err); p.Status != http.StatusBadRequest {
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
	for i := range b.files {
		f := &b.files[i]
		f.check(r.MultipartForm.File[f.name], c)
	}
	field.FieldByName("Form").Set(reflect.ValueOf(r.MultipartForm))
	if decoder, ok := reflect.TypeAssert[files](field.Addr()); ok {
		c.addAll(inForm(decoder.Decode(b.media, func(data reflect.Value) { b.fill(r.MultipartForm, data.Elem(), c) })))
	}
	return nil
}

// inForm says of errors of Decode where they stand: it names the field alone.
func inForm(errs []error) []error {
	for _, err := range errs {
		if detail, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			detail.Location = "form." + detail.Location
		}
	}
	return errs
}

// fill reads the fields that are no files. A name belongs to a field or a file, never to
// both.
func (b *form) fill(from *multipart.Form, data reflect.Value, c *check) {
	known := map[string]bool{}
	for i := range b.fields {
		p := &b.fields[i]
		known[p.name] = true
		if len(from.File[p.name]) > 0 {
			c.add(p.at, "is sent as a file, but is none")
			continue
		}
		p.read(data, from.Value[p.name], c)
	}
	for _, f := range b.files {
		known[f.name] = true
		if len(from.Value[f.name]) > 0 {
			c.add("form."+f.name, "has to be sent as a file, with a filename")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from.File)) {
		if !known[name] {
			c.add("form."+name, "unknown form field")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from.Value)) {
		if !known[name] && len(from.File[name]) == 0 {
			c.add("form."+name, "unknown form field")
		}
	}
}
