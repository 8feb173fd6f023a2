package endpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// body reads the bodies of requests.
type body interface {
	// read reads r's body into v, notes in c what is wrong with what it says, and
	// returns why it cannot be read at all.
	read(r *http.Request, v reflect.Value, c *check) *answer.Problem
}

// newBody returns what reads the body of an Input of the type t; nil if it has none.
func newBody(registry huma.Registry, op *huma.Operation, t reflect.Type) (body, error) {
	if op.RequestBody == nil {
		return nil, nil
	}
	raw, isRaw := t.FieldByName("RawBody")
	if isRaw && raw.Type != reflect.TypeFor[[]byte]() {
		return newForm(registry, op, raw)
	}
	b := &text{
		accepts:  slices.Sorted(maps.Keys(op.RequestBody.Content)),
		limit:    op.MaxBodyBytes,
		required: op.RequestBody.Required,
		buffers:  sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	if isRaw {
		b.raw = raw.Index
		if raw.Tag.Get("contentType") == "" {
			b.accepts = nil
		}
	}
	if f, ok := t.FieldByName("Body"); ok {
		media := op.RequestBody.Content[b.accepts[0]]
		if media == nil || media.Schema == nil {
			return nil, fmt.Errorf("the Body has no schema")
		}
		b.index, b.schema = f.Index, media.Schema
		var err error
		if b.defaults, err = newDefaults(registry, f.Type); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// text is a body that is read whole: JSON, or what the function understands itself.
type text struct {
	accepts  []string // media types; nil for any
	limit    int64    // bytes
	required bool
	raw      []int        // the index of RawBody; nil if there is none
	index    []int        // the index of Body; nil if there is none
	schema   *huma.Schema // of Body
	defaults *defaults    // of Body
	buffers  sync.Pool
}

func (b *text) read(r *http.Request, v reflect.Value, c *check) *answer.Problem {
	if r.ContentLength != 0 && !accepted(b.accepts, r.Header) {
		return unsupported(b.accepts)
	}
	buffer := new(bytes.Buffer)
	if b.raw == nil { // else the function may keep it
		buffer, _ = b.buffers.Get().(*bytes.Buffer)
		defer b.giveBack(buffer)
	}
	if p := b.fill(buffer, r); p != nil {
		return p
	}
	if b.raw != nil {
		fieldOf(v, b.raw).SetBytes(buffer.Bytes())
	}
	switch {
	case buffer.Len() == 0 && b.required:
		return answer.New(http.StatusBadRequest, fault.Invalid, "This needs a request body.")
	case buffer.Len() > 0 && b.index != nil:
		b.decode(buffer.Bytes(), fieldOf(v, b.index), c)
	}
	return nil
}

// giveBack keeps a buffer for the next request, unless it has grown large.
func (b *text) giveBack(buffer *bytes.Buffer) {
	if buffer.Cap() <= 1<<20 {
		buffer.Reset()
		b.buffers.Put(buffer)
	}
}

// fill reads r's body into buffer.
func (b *text) fill(buffer *bytes.Buffer, r *http.Request) *answer.Problem {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	const soon = 16 << 10 // no more room than that for what may never come
	buffer.Grow(int(min(max(r.ContentLength, 0), soon)) + bytes.MinRead)
	n, err := buffer.ReadFrom(io.LimitReader(r.Body, b.limit+1))
	if err == nil && n > b.limit {
		err = &http.MaxBytesError{Limit: b.limit}
	}
	return answer.OfBody(err)
}

// decode decodes JSON into field, once it has been found to follow the schema. Package
// ijson reads it both times, so that the value decoded is the one that was validated.
func (b *text) decode(data []byte, field reflect.Value, c *check) {
	var value any
	if err := ijson.Unmarshal(data, &value); err != nil {
		c.addJSON(err)
		return
	}
	if c.validate(b.schema, value, "body"); c.status != 0 {
		return
	}
	if err := ijson.FindZero(data, value); err != nil {
		c.addJSON(err)
		return
	}
	if err := ijson.Unmarshal(data, field.Addr().Interface()); err != nil {
		c.addJSON(err)
		return
	}
	b.defaults.fill(field, value)
}

// addJSON notes what package ijson says of the body.
func (c *check) addJSON(err error) {
	e, ok := errors.AsType[*ijson.Error](err)
	if !ok {
		c.add("body", "does not have the expected form")
		return
	}
	status := http.StatusUnprocessableEntity
	if e.Kind == ijson.Malformed {
		status = http.StatusBadRequest
	}
	c.fail(status, fault.Issue{Message: e.Message, Location: e.At("body")})
}

const jsonType = "application/json"

// accepted reports whether a body with this header is of one of the media types; of
// any, if there are none. Without a Content-Type it is. JSON is also what is called
// something+json, as RFC 6839 has it, and is UTF-8.
func accepted(types []string, header http.Header) bool {
	said := header["Content-Type"]
	if len(said) == 0 || types == nil || (len(said) == 1 && said[0] == types[0]) {
		return true
	}
	media, params, err := mime.ParseMediaType(said[0])
	if err != nil || len(said) > 1 {
		return false
	}
	charset := strings.ToLower(params["charset"])
	isText := strings.HasSuffix(media, "json")
	return slices.ContainsFunc(types, func(t string) bool {
		start, ranged := strings.CutSuffix(t, "*")
		return t == media || (ranged && strings.HasPrefix(media, start)) || (t == jsonType && strings.HasSuffix(media, "+json"))
	}) && (!isText || charset == "" || charset == "utf-8" || charset == "us-ascii")
}

// unsupported returns what to answer if a body is of none of the media types.
func unsupported(types []string) *answer.Problem {
	return answer.New(http.StatusUnsupportedMediaType, fault.Invalid, "The request's body has to be "+strings.Join(types, " or ")+".")
}
