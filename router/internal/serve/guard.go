package serve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// What a call may take beyond the function's timeout, which ends its context
// but cannot end a connection.
const (
	readGrace  = time.Second     // until a body that does not arrive is given up
	writeGrace = 5 * time.Second // to send the answer
)

// admission finds out who sent a request, and returns its context with the caller
// in it. It may set cookies.
type admission func(w http.ResponseWriter, r *http.Request) (context.Context, error)

// guard stands before a function: it keeps out who may not call, and bounds what
// a call may use.
type guard struct {
	name    string
	info    fn.Info
	sites   *sites    // nil lets calls from other sites pass
	cors    *cors     // nil if no page of another origin may read the answers
	admit   admission // nil lets everybody in
	callers Callers   // nil if no other router calls
	next    http.Handler
	caching []string // the Cache-Control of answers that set none
	access  *accesslog.Route
	meter   Meter
	running atomic.Int64
}

// ServeHTTP lets the function answer r, or says why not.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange) //nolint:forcetypeassert // only the host's mux calls it
	x.access, x.meter, x.claimed, x.people = g.access, g.meter, true, g.info.Kind == fn.KindPage
	x.call.Function = g.name
	if x.cors = g.cors; g.vouched(r) {
		x.cors = nil // the router that sent it on says who may read the answer
	}
	if n := g.running.Add(1); n > int64(g.info.MaxConcurrent) {
		g.running.Add(-1)
		x.fail(r, fault.New(fault.Unavailable, "This is busy right now. Try again in a second."))
		return
	}
	defer g.running.Add(-1)
	g.meter.Running(1)
	defer g.meter.Running(-1)
	if err := g.check(r); err != nil {
		x.fail(r, err)
		return
	}

	ctx, cancel := context.WithTimeout(answer.With(r.Context(), &x.call), g.info.Timeout)
	defer cancel()
	if g.info.Kind == fn.KindPage {
		call := ctx
		ctx = fn.WithReport(ctx, func(err error) { _ = answer.For(call, err) })
	}
	x.body.single, x.body.tagged = g.info.Kind == fn.KindEndpoint, g.info.ETag && isSafe(r.Method)
	r = r.WithContext(ctx) // a copy: of the server's own request the body must stay, see limit
	g.limit(x, r)
	x.Header()["Cache-Control"] = g.caching
	if r = g.admitted(x, r); r == nil { //nolint:contextcheck // r has it
		return
	}
	defer removeParts(r)
	g.next.ServeHTTP(x, r)
	if x.status == 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		x.fail(r, ctx.Err())
	}
}

// removeParts removes what a multipart form has left in the temporary folder. The server
// does so for its own request alone, and r is a copy of it: https://go.dev/issue/58809.
func removeParts(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // the form is parsed; what cannot be removed, nobody can help
	}
}

// admitted returns r with the caller in its context, or nil if it has been answered
// because the caller is not let in.
func (g *guard) admitted(x *exchange, r *http.Request) *http.Request {
	if g.vouched(r) {
		original, err := g.callers.Admit(x, r, g.name, g.info.Access)
		if err != nil {
			x.fail(r, err)
			return nil
		}
		x.original = original
		return original
	}
	if g.admit == nil {
		return r
	}
	ctx, err := g.admit(x, r)
	if err != nil {
		g.refuse(x, r, err)
		return nil
	}
	return r.WithContext(ctx)
}

// vouched reports whether another router says who sent r. If that turns out to be
// untrue, r is refused.
func (g *guard) vouched(r *http.Request) bool { return g.callers != nil && g.callers.Vouched(r) }

// refuseDirect refuses everybody who does not come through another router.
func refuseDirect(http.ResponseWriter, *http.Request) (context.Context, error) {
	return nil, fault.New(fault.Forbidden, "This can be called only through the router that it belongs to.")
}

// check says whether r could be let in, whoever sent it. Another router has checked
// where it comes from, by the host that the browser asked for.
func (g *guard) check(r *http.Request) error {
	if g.sites != nil && !g.vouched(r) {
		if err := g.sites.check(r); err != nil {
			return fault.New(fault.Forbidden, "This cannot be done from another site.").Because(err)
		}
	}
	if r.ContentLength > g.info.MaxBody {
		return &http.MaxBytesError{Limit: g.info.MaxBody}
	}
	return g.checkEncoding(r)
}

// refuse answers a caller who is not let in. People who ask for a page are led to
// the one for signing in, and from there to where they wanted to go.
func (g *guard) refuse(x *exchange, r *http.Request, err error) {
	if g.info.Kind != fn.KindPage || g.info.Access != fn.SignedIn || !fault.Is(err, fault.Unauthorized) {
		x.fail(r, err)
		return
	}
	location := auth.SignInPath
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		location += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	http.Redirect(x, r, location, http.StatusSeeOther)
}

// limit limits the body, and the time for which the connection can hold us up.
// r is a copy of the server's request: the server looks at the body of its own to
// see whether the connection can be used again after a body that broke off.
func (g *guard) limit(x *exchange, r *http.Request) {
	deadline := x.start.Add(g.info.Timeout)
	inner := x.ResponseWriter
	if c, ok := inner.(interface{ SetReadDeadline(t time.Time) error }); ok {
		_ = c.SetReadDeadline(deadline.Add(readGrace)) // a broken connection shows soon enough
	}
	if c, ok := inner.(interface{ SetWriteDeadline(t time.Time) error }); ok {
		_ = c.SetWriteDeadline(deadline.Add(writeGrace))
	}
	if r.Body != nil && r.Body != http.NoBody {
		// It wants the server's own writer, which it tells to close the connection, and
		// has to be what a function sees: net/http asks for it when it parses a form.
		x.received = received{ReadCloser: r.Body, limit: g.info.MaxBody, remaining: g.info.MaxBody}
		r.Body = http.MaxBytesReader(inner, &x.received, g.info.MaxBody)
	}
}
