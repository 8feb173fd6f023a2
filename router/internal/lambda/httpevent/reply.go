package httpevent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/akrylysov/algnhsa"
)

// reply is an answer as the fronts want it.
type reply struct {
	StatusCode        int                 `json:"statusCode"`
	StatusDescription string              `json:"statusDescription,omitempty"`
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Cookies           []string            `json:"cookies,omitempty"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// Encode returns the answer as the front door of this kind takes it, or [ErrTooLarge].
func (w *Response) Encode(kind algnhsa.RequestType) ([]byte, error) {
	if w.tooLarge {
		return nil, ErrTooLarge
	}
	out := reply{StatusCode: w.status}
	h := fields(w.final)
	switch {
	case kind == algnhsa.RequestTypeAPIGatewayV2:
		out.Headers, out.Cookies = Join(h)
	case w.oneValue:
		out.Headers = singles(h)
	default:
		out.MultiValueHeaders = h
	}
	if kind == algnhsa.RequestTypeALB { // which wants it
		out.StatusDescription = strings.TrimSpace(strconv.Itoa(w.status) + " " + http.StatusText(w.status))
	}
	// algnhsa goes by a list of content types, to be matched exactly; what is not in
	// it loses all bytes that are no UTF-8. What decides is whether the bytes can
	// stand in JSON.
	switch {
	case w.head:
	case utf8.Valid(w.body):
		out.Body = string(w.body)
	default:
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body), true
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // six bytes for each < and >, which count towards the limit
	if err := e.Encode(out); err != nil {
		return nil, err
	}
	if b.Len() > w.Limit {
		return nil, ErrTooLarge
	}
	return b.Bytes(), nil
}

// fields returns the header without what speaks of the connection, which is the
// front's: net/http removes it in HTTP/2, and API Gateway does not take it.
func fields(h http.Header) http.Header {
	for _, names := range h["Connection"] {
		for name := range strings.SplitSeq(names, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range [...]string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		delete(h, name)
	}
	for name, values := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) || len(values) == 0 {
			delete(h, name)
		}
		for i, v := range values {
			if strings.ContainsAny(v, "\r\n") {
				values[i] = strings.NewReplacer("\n", " ", "\r", " ").Replace(v) // as net/http
			}
		}
	}
	return h
}

// Join returns h with one value for each name, and apart from it the cookies, which cannot be
// joined into one value.
func Join(h http.Header) (header map[string]string, cookies []string) {
	header = make(map[string]string, len(h))
	for name, values := range h {
		if name == "Set-Cookie" {
			cookies = values
			continue
		}
		header[name] = strings.Join(values, ", ")
	}
	return header, cookies
}

// singles is Join for a front that takes one value for each name and no list of
// cookies. To it, names that differ in case are different, and to HTTP they are not.
func singles(h http.Header) map[string]string {
	header, cookies := Join(h)
	for i, cookie := range cookies {
		name := []byte("set-cookie")
		for bit, at := 0, 0; at < len(name); at++ {
			if name[at] == '-' {
				continue
			}
			if i>>bit&1 == 1 {
				name[at] -= 'a' - 'A'
			}
			bit++
		}
		header[string(name)] = cookie
	}
	return header
}
