package httpevent

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// withoutStage returns the path of e. API Gateway puts the stage before it unless
// the stage is $default or has a domain of its own, and no handler expects it there.
func withoutStage(e events.APIGatewayV2HTTPRequest) string {
	stage := e.RequestContext.Stage
	if stage == "" || stage == "$default" || !strings.Contains(e.RequestContext.DomainName, ".execute-api.") {
		return e.RawPath
	}
	rest, ok := strings.CutPrefix(e.RawPath, "/"+stage)
	if !ok || (rest != "" && rest[0] != '/') {
		return e.RawPath
	}
	return rest
}

// pathOf returns the path of o without the base path, which the program does not know and
// no front takes off: an API Gateway leaves the base path of a custom domain where it is.
// A path that does not begin with it stays as it is, and so does one of which the front
// has taken it off, as API Gateway does with a stage.
func (x *exchange) pathOf(o origin) string {
	path := o.path
	if !isBelow(path, x.base) && !isBelow(o.outside, x.base) {
		return path
	}
	if o.outside != x.base+path {
		path = strings.TrimPrefix(path, x.base)
	}
	x.w.base = x.base
	if before, ok := strings.CutSuffix(o.outside, path); ok {
		x.w.base = before // with a stage before it
	}
	return path
}

// isBelow reports whether the path begins with the path base, which is not "".
func isBelow(path, base string) bool {
	rest, ok := strings.CutPrefix(path, base)
	return ok && base != "" && (rest == "" || rest[0] == '/')
}

// restorePath puts what was taken off the request's path before the path of a redirect, which
// the client knows with it. One that names a host stays as it is.
func (w *Response) restorePath(h http.Header) {
	if to := h.Get("Location"); w.base != "" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
		h.Set("Location", w.base+to)
	}
}

// IsHTTPAPI reports whether an event with this domain is an HTTP API's, and not a function URL's.
// The domain of a function URL is always AWS's own. The events are alike but for rawPath: a
// function URL leaves it as the client sent it, and an HTTP API decodes it, in spite of its name.
func IsHTTPAPI(domain string) bool { return domain != "" && !strings.Contains(domain, ".lambda-url.") }

// escapePath escapes what cannot stand in a path in the request line, and, if the path
// is decoded, the % that can.
func escapePath(path string, decoded bool) string {
	if path == "" {
		return "/"
	}
	escape := func(c byte) bool { return c <= ' ' || c == '?' || c == '#' || c >= 0x7f || (c == '%' && decoded) }
	b := make([]byte, 0, len(path))
	for _, c := range []byte(path) {
		if escape(c) {
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
