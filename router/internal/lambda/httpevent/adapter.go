// Package httpevent serves Lambda's HTTP events as net/http serves requests: those of API
// Gateway's REST and HTTP APIs, of function URLs and of application load balancers.
//
// It is what algnhsa v1.1.0 needs to do so, and imports nothing else of this module, so that
// it can be offered upstream. algnhsa decodes the event and makes the request; from there on
// this package is in charge: it puts the request right, gives the handler a ResponseWriter
// that behaves like net/http's, and encodes the answer. Each correction says what algnhsa
// does, what net/http does, and why it matters.
package httpevent

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/akrylysov/algnhsa"
	sdk "github.com/aws/aws-lambda-go/lambda"
)

// Adapter serves HTTP events with a handler.
type Adapter struct {
	next   http.Handler
	base   string // a path that is taken off; "" for none
	decode map[algnhsa.RequestType]sdk.Handler
	server *http.Server
}

// New returns an adapter for a handler. The path base, such as "/v1", is taken off requests;
// "" is none.
func New(next http.Handler, base string) *Adapter {
	a := &Adapter{next: next, base: base, server: &http.Server{}, decode: map[algnhsa.RequestType]sdk.Handler{}}
	for _, t := range []algnhsa.RequestType{algnhsa.RequestTypeAPIGatewayV1, algnhsa.RequestTypeAPIGatewayV2, algnhsa.RequestTypeALB} {
		// algnhsa decodes the whole event as one type after the other until one
		// fits. Told the type, it decodes once.
		a.decode[t] = algnhsa.New(http.HandlerFunc(a.serve), &algnhsa.Options{RequestType: t})
	}
	return a
}

// exchange is an event and its answer while they pass through algnhsa.
type exchange struct {
	kind    algnhsa.RequestType
	base    string // is taken off the path
	w       *Response
	query   string // of an ALB's event, as the client sent it
	escaped bool   // the path of an HTTP API's event has been escaped
	begun   bool   // the handler was called
	err     error  // the answer is not whole
}

type exchangeKey struct{}

// Serve answers an event on w. An error says that the event is none of its kind, or
// an [AbortError] that the answer broke off.
func (a *Adapter) Serve(ctx context.Context, kind algnhsa.RequestType, payload []byte, w *Response) error {
	x := &exchange{kind: kind, base: a.base, w: w}
	// A handler that finds no server in the context believes that nobody recovers
	// its panics. httputil.ReverseProxy then ends an answer that broke off as if it
	// were whole.
	ctx = context.WithValue(ctx, http.ServerContextKey, a.server)
	// net/http ends a request's context when its handler has returned; algnhsa does
	// not, and what waits for it waits on through the next invocations.
	ctx, cancel := context.WithCancel(context.WithValue(ctx, exchangeKey{}, x))
	defer cancel()
	var err error
	if kind == algnhsa.RequestTypeALB {
		if payload, err = x.mendALB(payload); err != nil {
			return err
		}
	}
	if _, err = a.decode[kind].Invoke(ctx, payload); err != nil && !x.begun {
		err = a.again(ctx, x, payload, err)
	}
	_, bad := errors.AsType[*url.Error](err)
	switch {
	case x.begun:
		return x.err
	case bad, isEscapeError(err):
		// A path with a stray % or a host that is none fails the invocation: the
		// caller sees a 502, and we an alarm. net/http answers 400.
		w.refuse()
		return w.Finish()
	}
	return err
}

// again hands an event that algnhsa refused to it once more, without what it does not
// like about it. why is what it said.
func (a *Adapter) again(ctx context.Context, x *exchange, payload []byte, why error) error {
	err := why
	switch {
	case x.kind == algnhsa.RequestTypeAPIGatewayV1:
		payload, err = mendV1(payload)
	case x.kind == algnhsa.RequestTypeAPIGatewayV2 && isEscapeError(why):
		payload, err = x.mendV2(payload)
	}
	if err == nil {
		_, err = a.decode[x.kind].Invoke(ctx, payload)
	}
	return err
}

// serve is the handler that algnhsa calls. It leaves algnhsa's own ResponseWriter
// alone, which is a recorder: it takes Flush and sends nothing, cannot stop at a
// limit, and sniffs the content type from the first Write alone.
func (a *Adapter) serve(_ http.ResponseWriter, r *http.Request) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		panic(http.ErrAbortHandler) // cannot be: Serve has put it there
	}
	x.begun = true
	x.w.head = r.Method == http.MethodHead
	returned := false
	// algnhsa lets panics pass. aws-lambda-go reports them and exits, and with the
	// process go the other invocations that run in it. net/http aborts the answer
	// and lives on.
	defer func() {
		if v := recover(); v != nil || !returned { // or it called runtime.Goexit
			x.err = x.w.broken(v)
		}
	}()
	if err := x.restore(r); err != nil {
		x.w.refuse()
	} else {
		a.next.ServeHTTP(x.w, r)
	}
	x.err = x.w.Finish()
	returned = true
}

func isEscapeError(err error) bool {
	_, ok := errors.AsType[url.EscapeError](err)
	return ok
}
