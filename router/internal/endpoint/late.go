package endpoint

import (
	"fmt"
	"net/http"
	"sync"

	"switchyard/router/internal/answer"
	"switchyard/shared/fn"
)

// late is an endpoint that is bound when it is first called.
type late struct {
	name string
	spec fn.Spec // an [fn.Endpoint]: shared with the function
	bind func() any
	once sync.Once
	next http.Handler
	err  error
}

// ServeHTTP lets the endpoint answer r.
func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.once.Do(func() { l.next, l.err = l.handler() })
	if l.err != nil {
		answer.Write(w, r, l.err)
		return
	}
	l.next.ServeHTTP(w, r)
}

// handler binds the endpoint.
func (l *late) handler() (http.Handler, error) {
	b, err := l.bound()
	if err != nil {
		return nil, err
	}
	slow := func() (http.Handler, error) {
		d := newDocument("", "")
		defer d.forget()
		return d.add(l.name, l.endpoint(), b)
	}
	if c, ok := b.(compiled); ok {
		return c.compiled(l.endpoint(), slow), nil
	}
	return slow()
}

// compiled is a binding that serves what is as it should be without the schemas of its types.
type compiled interface {
	// compiled returns the handler. It calls slow, once, for what serves all other requests.
	compiled(spec fn.Endpoint, slow func() (http.Handler, error)) http.Handler
}

func (l *late) bound() (Binding, error) {
	bound := l.bind()
	if b, ok := bound.(Binding); ok {
		return b, nil
	}
	return nil, fmt.Errorf("%s: a %T cannot serve an endpoint", l.name, bound)
}

func (l *late) endpoint() fn.Endpoint {
	e, _ := l.spec.(fn.Endpoint)
	return e
}
