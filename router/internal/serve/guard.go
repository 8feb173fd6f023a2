package serve

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/serve/overload"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// What a call may take beyond the function's timeout, which ends its context
// but cannot end a connection.
const (
	readGrace  = overrun.Grace / 2 // until a body that does not arrive is given up
	writeGrace = 5 * time.Second   // to send the answer
)

// admission finds out who sent a request, and returns its context with the caller
// in it. It may set cookies.
type admission func(w http.ResponseWriter, r *http.Request) (context.Context, error)

// guard stands before a function: it keeps out who may not call, and bounds what
// a call may use.
type guard struct {
	name    string
	info    *fn.Info
	called  *fn.Callee // nil if it is no function, but the host's own
	sites   *sites     // nil lets calls from other sites pass
	cors    *cors      // nil if no page of another origin may read the answers
	admit   admission  // nil lets everybody in
	callers Callers    // nil if no other router calls
	next    http.Handler
	caching []string // the Cache-Control of answers that set none
	access  *accesslog.Route
	meter   Meter
	calls   *overrun.Calls // nil if no call is given up
	rate    *rateLimit     // nil if it has no RateLimit
	gate    *overload.Gate
}

// ServeHTTP lets the function answer r, or says why not.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange) //nolint:forcetypeassert // only the host's mux calls it
	x.access, x.meter, x.claimed, x.people = g.access, g.meter, true, g.info.Kind == fn.KindPage
	x.call.Function, x.call.Reports = g.name, x.people
	if x.cors = g.cors; g.vouched(r) {
		x.cors = nil // the router that sent it on says who may read the answer
	}
	err := g.check(r)
	if err == nil && g.calls != nil {
		err = g.calls.Refusal()
	}
	if err != nil {
		x.fail(r, err)
		return
	}
	g.bound(x, r)
	defer x.received.ahead.drop(&x.host.buffers)
	if !g.receive(x, r) || !g.enter(x, r) {
		return
	}
	defer g.leave(x)
	x.body.single, x.body.tagged = g.info.Kind == fn.KindEndpoint, g.info.ETag && isSafe(r.Method)
	x.Header()["Cache-Control"] = g.caching
	g.run(x, r)
}

// serve lets the function answer r, which has its place, once it is known who calls.
func (g *guard) serve(x *exchange, r *http.Request) {
	ctx := x.running.context.Begin(r.Context(), x.start.Add(g.info.Timeout))
	defer x.running.context.End()
	ctx = answer.With(ctx, &x.call)
	r = x.copied(r, ctx) // of the server's own request the body must stay, see limit
	g.limit(x, r)
	if r = g.admitted(x, r); r == nil { //nolint:contextcheck // r has it
		return
	}
	defer removeParts(r)
	if g.called != nil {
		x.call.Running.Begin(g.called) // only now: who calls is found out on behalf of the host
		defer g.end(ctx, x)
	}
	x.answer.limit = g.info.MaxAnswer
	g.next.ServeHTTP(x, r)
	if err := x.unanswered(ctx); err != nil {
		x.fail(r, err)
	}
}

// end ends the call of the function when its tasks have ended.
func (g *guard) end(ctx context.Context, x *exchange) {
	x.call.Running.Wait()
	g.closeLeft(ctx, x)
}

// closeLeft closes what the call has left open, and tells what that was.
func (g *guard) closeLeft(ctx context.Context, x *exchange) {
	logger.CloseLeft(ctx, x.host.logger, &x.call.Running, g.name, "requestId", x.call.RequestID)
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
		x.running.fate.Lock()
		x.original = original
		x.running.fate.Unlock()
		return original
	}
	if !g.within(x, r, false) {
		return nil
	}
	if g.admit == nil {
		return r
	}
	ctx, err := g.admit(x, r)
	if err != nil {
		g.refuse(x, r, err)
		return nil
	}
	if r = x.copied(r, ctx); !g.within(x, r, true) {
		return nil
	}
	return r
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

// bound bounds the time for which the connection can hold us up.
func (g *guard) bound(x *exchange, r *http.Request) {
	deadline := x.start.Add(g.info.Timeout)
	if hasBody(r) {
		readUntil(x.ResponseWriter, deadline.Add(readGrace))
	} else {
		readUntil(x.ResponseWriter, time.Time{})
	}
	if c, ok := x.ResponseWriter.(interface{ SetWriteDeadline(t time.Time) error }); ok {
		_ = c.SetWriteDeadline(deadline.Add(writeGrace))
	}
}

// readUntil says until when a body has to arrive; the zero time if there is none. For after a
// body net/http reads on to see whether the client goes, and if a deadline ends that, it ends
// the contexts of all requests that are to come on the connection.
func readUntil(w http.ResponseWriter, t time.Time) {
	if c, ok := w.(interface{ SetReadDeadline(t time.Time) error }); ok {
		_ = c.SetReadDeadline(t) // a broken connection shows soon enough
	}
}

// limit limits the body. r is a copy of the server's request: the server looks at the body
// of its own to see whether the connection can be used again after a body that broke off.
func (g *guard) limit(x *exchange, r *http.Request) {
	if hasBody(r) {
		// It wants the server's own writer, which it tells to close the connection, and
		// has to be what a function sees: net/http asks for it when it parses a form.
		r.Body = http.MaxBytesReader(x.ResponseWriter, &x.received, g.info.MaxBody)
	}
}

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }
