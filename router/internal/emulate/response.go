package emulate

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// answer is the answer over HTTP.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func said(status int, contentType, body string) answer {
	return answer{status, http.Header{"Content-Type": {contentType}}, []byte(body)}
}

// envelope is a function's answer to a front door, in any of the forms.
type envelope struct {
	StatusCode        *int                `json:"statusCode"`
	StatusDescription string              `json:"statusDescription"`
	Headers           map[string]scalar   `json:"headers"`
	MultiValueHeaders map[string][]scalar `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`

	raw []byte // as the function wrote it
}

// scalar is the value of a header, which may be a number or a boolean too.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		*s = scalar(v)
	case nil:
	case float64, bool:
		*s = scalar(text)
	default:
		return errors.New("a header is a string")
	}
	return nil
}

// open reads an envelope.
func open(payload []byte) (*envelope, error) {
	e := &envelope{raw: payload}
	if err := json.Unmarshal(payload, e); err != nil {
		return nil, fmt.Errorf("the function answered with what is no envelope: %w", err)
	}
	return e, nil
}

// content returns the body's bytes.
func (e *envelope) content() ([]byte, error) {
	if !e.IsBase64Encoded {
		return []byte(e.Body), nil
	}
	return base64.StdEncoding.DecodeString(e.Body)
}

// make puts the answer together from the headers that count.
func (e *envelope) make(single map[string]scalar, multi map[string][]scalar, cookies []string) (*answer, error) {
	if e.StatusCode == nil || *e.StatusCode < 100 || *e.StatusCode > 599 {
		return nil, errors.New("the function answered without a status")
	}
	body, err := e.content()
	if err != nil {
		return nil, err
	}
	a := &answer{status: *e.StatusCode, header: http.Header{}, body: body}
	for name, values := range multi {
		for _, v := range values {
			a.header.Add(name, string(v))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(single)) {
		// What multi names too is its. Names that differ in case are different here,
		// and to HTTP the same, which is how functions send several cookies.
		// [Kludex/mangum issue 185, of a load balancer]
		if _, ok := multi[name]; !ok {
			a.header.Add(name, string(single[name]))
		}
	}
	for _, c := range cookies {
		a.header.Add("Set-Cookie", c)
	}
	return a, nil
}

// v2 is format 2.0: single headers and cookies. Without a status the whole answer is
// the body. [doc: Lambda function response for format 2.0]
func (e *envelope) v2() (*answer, error) {
	if e.StatusCode == nil {
		a := said(http.StatusOK, jsonType, string(e.raw))
		return &a, nil
	}
	return e.make(e.Headers, nil, e.Cookies)
}

// v1 is that of a REST API: headers of both forms, and nothing else, or it is
// malformed. [doc: Output format of a Lambda function for proxy integration; for the
// rest, Nitro issue 504: cookies make it 502]
func (e *envelope) v1() (*answer, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.raw, &fields); err != nil {
		return nil, err
	}
	for name := range fields {
		switch name {
		case "statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded":
		default:
			return nil, fmt.Errorf("malformed Lambda proxy response: a REST API takes no %q", name)
		}
	}
	a, err := e.make(e.Headers, e.MultiValueHeaders, nil)
	if err != nil {
		return nil, err
	}
	a.remap()
	return a, nil
}

// remap gives headers that a REST API writes itself another name. [doc: Amazon API
// Gateway important notes, REST APIs]
func (a *answer) remap() {
	for _, name := range []string{"Connection", "Content-Length", "Date", "Server", "Www-Authenticate", "Content-Md5", "Host", "Via"} {
		if values := a.header[name]; values != nil {
			delete(a.header, name)
			a.header["X-Amzn-Remapped-"+name] = values
		}
	}
}

// alb is that of a load balancer, which then knows no multi-value headers.
func (e *envelope) alb() (*answer, error) {
	if err := e.strings(); err != nil {
		return nil, err
	}
	return e.make(e.Headers, nil, nil)
}

// albMulti is that of one which knows nothing else. [doc: Lambda functions as targets,
// Multi-value headers] It sends the values of a header from the last to the first.
// [dougmoscrop/serverless-http issue 244]
func (e *envelope) albMulti() (*answer, error) {
	if err := e.strings(); err != nil {
		return nil, err
	}
	a, err := e.make(nil, e.MultiValueHeaders, nil)
	if err != nil {
		return nil, err
	}
	for _, values := range a.header {
		slices.Reverse(values)
	}
	return a, nil
}

// strings fails if a value of a header is no string, which a load balancer does not
// take. [CodeGenieApp/serverless-express pull request 474]
func (e *envelope) strings() error {
	return json.Unmarshal(e.raw, &struct {
		Headers           map[string]string   `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	}{})
}

var errPrelude = errors.New("the stream has no prelude")

// maxPrelude bounds the head of a streamed answer, in bytes; it is ours.
const maxPrelude = 64 << 10

// readPrelude reads the head of a streamed answer up to the 8 NUL bytes that end it.
func readPrelude(r *bufio.Reader) (*envelope, error) {
	var head []byte
	end := make([]byte, 8)
	for len(head) < maxPrelude {
		b, err := r.ReadByte()
		if err != nil {
			return nil, errors.Join(errPrelude, err)
		}
		head = append(head, b)
		if bytes.HasSuffix(head, end) {
			return open(head[:len(head)-len(end)])
		}
	}
	return nil, errPrelude
}

// streamed returns the answer that a prelude is the head of. Cookies and headers of
// both forms are taken by both front doors that stream.
func (e *envelope) streamed() (*answer, error) {
	if e.StatusCode == nil {
		ok := http.StatusOK
		e.StatusCode = &ok
	}
	return e.make(e.Headers, e.MultiValueHeaders, e.Cookies)
}

// write sends the head of a, for which an empty content type is typ.
func (a *answer) write(w http.ResponseWriter, typ string) {
	h := w.Header()
	for name, values := range a.header {
		if !hop(name) && name != "Content-Length" {
			h[name] = values
		}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", typ)
	}
	w.WriteHeader(a.status)
}

// copyFlushing copies src to w as it comes.
func copyFlushing(w http.ResponseWriter, src io.Reader) error {
	flush := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := src.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
			if err := flush.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// requestIDHeader returns the header under which the front door tells its own id.
func requestIDHeader(name string) string {
	if strings.HasPrefix(name, "http-api") {
		return "Apigw-Requestid"
	}
	return "X-Amzn-Requestid"
}
