package lambda

import (
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

// within returns the path of o without the base path, which the program does not know and
// no front takes off: an API Gateway leaves the base path of a custom domain where it is.
// A path that does not begin with it stays as it is, and so does one of which the front
// has taken it off, as API Gateway does with a stage.
func (x *exchange) within(o origin) string {
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

// lead puts what was taken off the request's path before the path of a redirect, which
// the client knows with it. One that names a host stays as it is.
func (w *response) lead(h http.Header) {
	if to := h.Get("Location"); w.base != "" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
		h.Set("Location", w.base+to)
	}
}
