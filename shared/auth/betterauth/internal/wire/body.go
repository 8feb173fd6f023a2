package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The media types of bodies and answers.
const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// Where text stands, as errors say it.
const (
	inBody  = "request body"
	inQuery = "query"
)

// maxValues is how many values a body may have: decoded, small ones take a hundred
// times as much memory as they did in the body.
const maxValues = 10_000

// ReadBody returns the body of r. It is absent if it is empty, has no media type,
// or the route does not look at bodies. It fails with an *Error if it cannot be
// read as the media type says.
func (route *Route) ReadBody(r *http.Request) (Input, error) {
	media := r.Header.Get("Content-Type")
	if route.Method == http.MethodGet || route.NoBody || media == "" || r.Body == nil || r.ContentLength == 0 {
		return Input{}, nil
	}
	essence, _, _ := strings.Cut(strings.ToLower(media), ";")
	essence = strings.TrimSpace(essence)
	if essence != jsonType && (essence != formType || !route.Form) {
		return Input{}, route.unsupported(media)
	}
	data, err := io.ReadAll(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Input{}, tooLarge()
	}
	if err != nil {
		return Input{}, badJSON() // the connection broke
	}
	switch {
	case len(data) == 0:
		return Input{}, nil
	case essence == formType:
		return readForm(data)
	}
	return readJSON(data)
}

func (route *Route) unsupported(media string) error {
	allowed := jsonType
	if route.Form {
		allowed = formType + ", " + jsonType
	}
	return Fail(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
		fmt.Sprintf(`Content-Type "%s" is not allowed. Allowed types: %s`, media, allowed))
}

func tooLarge() error {
	return Fail(http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The request body is too large")
}

func badJSON() error {
	return Fail(http.StatusBadRequest, "BAD_REQUEST", "Invalid JSON in request body")
}

// notText refuses bytes that are not UTF-8. To replace them, as JavaScript does, would
// make two passwords, or two names, one.
func notText(where string) error {
	return Fail(http.StatusBadRequest, "BAD_REQUEST", "The "+where+" is not UTF-8")
}

// Fields returns the body that has these fields, which hold text and booleans; an
// absent one without any. It fails with an *Error if a text is not UTF-8.
func Fields(fields map[string]any) (Input, error) {
	for _, v := range fields {
		if text, ok := v.(string); ok && !utf8.ValidString(text) {
			return Input{}, notText(inBody)
		}
	}
	return Input{fields, fields != nil}, nil
}

func readJSON(data []byte) (Input, error) {
	if !utf8.Valid(data) {
		return Input{}, notText(inBody)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if countValues(data) > maxValues {
		return Input{}, tooLarge()
	}
	in := Input{Present: true}
	if err := json.Unmarshal(data, &in.Value); err != nil {
		return Input{}, badJSON()
	}
	return in, nil
}

// countValues returns about how many values there are in a JSON text.
func countValues(data []byte) int {
	n := 1
	text := false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case b == '"':
			text = !text
		case text && b == '\\':
			i++
		case !text && (b == ',' || b == '[' || b == '{'):
			n++
		}
	}
	return n
}

func readForm(data []byte) (Input, error) {
	if bytes.Count(data, []byte("&")) >= maxValues {
		return Input{}, tooLarge()
	}
	object := map[string]any{}
	for pair := range strings.SplitSeq(string(data), "&") {
		name, value, ok := ReadPair(pair)
		if !isText(name, value) {
			return Input{}, notText(inBody)
		}
		if ok {
			object[name] = value // of several, the last counts
		}
	}
	return Input{object, true}, nil
}

// ReadQuery returns the query of r. A parameter that is repeated is an array. It fails
// with an *Error if the query is not UTF-8.
func ReadQuery(r *http.Request) (Input, error) {
	object := map[string]any{}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, ok := ReadPair(pair)
		if !isText(name, value) {
			return Input{}, notText(inQuery)
		}
		if !ok {
			continue
		}
		switch before := object[name].(type) {
		case nil:
			object[name] = value
		case []any:
			object[name] = append(before, value)
		default:
			object[name] = []any{before, value}
		}
	}
	return Input{object, true}, nil
}

// ReadPair reads a part of a query or form as the URL standard has it: what is not
// well encoded stays as it is (https://url.spec.whatwg.org/#urlencoded-parsing), and
// so do bytes that are not UTF-8. It is false for an empty part.
func ReadPair(pair string) (name, value string, ok bool) {
	name, value, _ = strings.Cut(pair, "=")
	return decode(name), decode(value), pair != ""
}

func decode(s string) string {
	d, err := url.QueryUnescape(s)
	if err != nil {
		return strings.ReplaceAll(s, "+", " ")
	}
	return d
}

func isText(name, value string) bool { return utf8.ValidString(name) && utf8.ValidString(value) }
