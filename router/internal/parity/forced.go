package parity

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"switchyard/internal/lazy"
	"switchyard/router/internal/emulate"
)

// Forced is a difference that AWS forces, and what is made of it here.
type Forced struct {
	Where  string // which front doors
	What   string
	Reason string
}

// AllForced are the differences that are no fault.
func AllForced() []Forced {
	return []Forced{
		{"all", "Date, ids and trace headers are added; Content-Length, that of a HEAD too, and Transfer-Encoding are others for the same bytes.", "AWS speaks HTTP to the client, not the function."},
		{"all", "There are no trailers, no 1xx answers and no upgrades, such as to WebSocket.", "An answer is one document, or a head and a body."},
		{"all", "X-Forwarded-For, -Proto and -Port are there. The host is asked as if by a proxy that adds them too.", "Front doors say for whom they ask."},
		{"all", "An answer without a body has a Content-Type.", "AWS adds one where there is none."},
		{"all but streams", "An answer of more than 6 MB, 1 MB behind a load balancer, is a problem document, status 413, that names streaming.", "That is all Lambda can return at once."},
		{"all", "An answer that breaks off before anything of it was sent is one with status 502, or 500 from an HTTP API.", "Front doors answer for a function that failed. Only one that streams can break off too."},
		{"all", "A request of more than 6 MB, 1 MB behind a load balancer, is refused with 413 before the function runs: such requests are left out.", "That is all Lambda takes; what is no text counts for a third more."},
		{"http-api", "A path with %2F, %3F or %25 in it, or with escapes that it does not need, is another one when it reaches the function: such requests are left out.", "rawPath is decoded, and up to an escaped question mark once more."},
		{"http-api, function-url", "Repeated headers are one, joined by commas, both ways; cookies are kept apart.", "Payload format 2.0 has one value for each name."},
		{"alb", "Of a repeated header, and of a repeated key of the query, the function sees the last: such requests are left out.", "Without multi-value headers the event has one value for each name."},
		{"alb, alb-multi", "Cookies, and the values of a repeated header, come in another order.", "With multi-value headers a load balancer turns the order round. Without, it takes one value for each name, and a function that sets several cookies has to write Set-Cookie in as many ways."},
		{"alb, rest-api", "The query's keys are in another order, and on a REST API escaped otherwise.", "The event has a map and no query."},
		{"rest-api", "WWW-Authenticate and others come back as X-Amzn-Remapped-….", "API Gateway keeps these names to itself."},
		{"all", "Events sent while they happen arrive together, unless the front door streams.", "Other front doors wait for the whole answer."},
	}
}

// ForcedTable returns them as text.
func ForcedTable() string {
	var b strings.Builder
	for _, f := range AllForced() {
		fmt.Fprintf(&b, "  %s\n    %s\n    Why: %s\n", f.Where, f.What, f.Reason)
	}
	return b.String()
}

// unfit returns why r cannot be compared behind k, or "".
func unfit(r Request, k emulate.Kind) string {
	if reason := r.excluded(k); reason != "" {
		return reason
	}
	path, query, _ := strings.Cut(r.Target, "?")
	switch {
	case k == emulate.HTTPAPI && decodes(path):
		return "an HTTP API decodes the path"
	case k == emulate.ALB && r.repeats():
		return "without multi-value headers only the last value of a header arrives"
	case k == emulate.ALB && repeatsKey(query):
		return "without multi-value headers only the last value of a key arrives"
	case carried(r, k) > limit(k):
		return "Lambda takes no request of that size"
	}
	return ""
}

// decodes reports whether a function behind an HTTP API gets another path than this one.
func decodes(path string) bool {
	path = variable.Get().ReplaceAllLiteralString(path, "/x")
	sent, err := url.ParseRequestURI(path)
	if err != nil {
		return true
	}
	got, err := emulate.HTTPAPIPath(path)
	return err != nil || !utf8.ValidString(got) || escape(got) != sent.EscapedPath()
}

var variable = lazy.Regexp{Source: `\{\{.*?\}\}`}

// escape escapes what cannot stand in a request line.
func escape(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func repeatsKey(query string) bool {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(part, "=")
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

// joins reports whether behind k repeated headers are one.
func joins(k emulate.Kind) bool {
	switch k {
	case emulate.FunctionURL, emulate.StreamingURL, emulate.HTTPAPI, emulate.ALB:
		return true
	case emulate.RESTAPI, emulate.StreamingREST, emulate.ALBMultiValue:
	}
	return false
}

// What Lambda, and a load balancer, takes and gives at most, in bytes.
const (
	lambdaLimit = 6 << 20
	albLimit    = 1 << 20
)

// excused reports whether lambda's answer is what AWS forces in place of the host's.
func excused(k emulate.Kind, host, lambda Answer) bool {
	switch {
	case host.Broken && (!k.Streams() || host.Status == 0): // nothing was sent yet
		return lambda.Status >= http.StatusInternalServerError
	case lambda.Status == http.StatusRequestEntityTooLarge && !k.Streams():
		return encoded(host) > limit(k)
	}
	return false
}

func limit(k emulate.Kind) int {
	if k == emulate.ALB || k == emulate.ALBMultiValue {
		return albLimit
	}
	return lambdaLimit
}

// carried returns how large a request is for Lambda at least.
func carried(r Request, k emulate.Kind) int {
	switch k {
	case emulate.ALB, emulate.ALBMultiValue: // which count what is sent
		return len(r.Body)
	case emulate.RESTAPI, emulate.StreamingREST:
		return (len(r.Body) + 2) / 3 * 4
	case emulate.FunctionURL, emulate.StreamingURL, emulate.HTTPAPI:
	}
	if utf8.Valid(r.Body) {
		return len(r.Body)
	}
	return (len(r.Body) + 2) / 3 * 4
}

// encoded returns how large an answer is for Lambda at least.
func encoded(a Answer) int {
	if utf8.Valid(a.Body) {
		return len(a.Body) + len(fields(a.Header))
	}
	return (len(a.Body)+2)/3*4 + len(fields(a.Header))
}
