package endpoint

import (
	"net/http"
	"reflect"
	"strings"
	"sync"

	"switchyard/router/internal/answer"
	"switchyard/router/wire/bind"
	"switchyard/shared/fn"
)

// Compiled returns the binding of f, for which b was generated. A request that b does not accept is
// read again by reflection, as with [New].
func Compiled[I, O any](f Handler[I, O], b bind.Binding[I, O]) Binding {
	return compiledBinding[I, O]{binding[I, O]{f}, b}
}

type compiledBinding[I, O any] struct {
	binding[I, O]
	generated bind.Binding[I, O]
}

// compiled returns what serves the endpoint. It builds the slow one, which is bound by
// reflection, at the first request that the generated binding does not accept.
func (b compiledBinding[I, O]) compiled(spec fn.Endpoint, slow func() (http.Handler, error)) http.Handler {
	info := spec.Info()
	h := &compiledHandler[I, O]{f: b.f, read: b.generated.Read, write: b.generated.Write, limit: info.MaxBody, status: spec.Status, slow: sync.OnceValues(slow)}
	if h.status == 0 {
		h.status = http.StatusNoContent
		if _, hasBody := reflect.TypeFor[O]().FieldByName("Body"); hasBody || strings.HasPrefix(info.Route, http.MethodHead+" ") {
			h.status = http.StatusOK
		}
	}
	return h
}

// compiledHandler serves an endpoint by a generated binding.
type compiledHandler[I, O any] struct {
	f      Handler[I, O]
	read   func(*bind.Request, *I) bool
	write  func(*bind.Writer, *O)
	limit  int64 // of bodies, in bytes
	status int   // unless the function says another one
	slow   func() (http.Handler, error)
}

// ServeHTTP answers r with what the function makes of it, as handler does.
func (h *compiledHandler[I, O]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := new(I)
	if !bind.Accept(r, h.limit, h.read, in) {
		h.serveSlow(w, r)
		return
	}
	if out := handle(w, r, h.f, in); out != nil {
		bind.Answer(w, h.status, h.write, out)
	}
}

func (h *compiledHandler[I, O]) serveSlow(w http.ResponseWriter, r *http.Request) {
	slow, err := h.slow()
	if err != nil {
		answer.Write(w, r, err)
		return
	}
	slow.ServeHTTP(w, r)
}
