// Package bindingtest holds generated bindings against the binding by reflection.
package bindingtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/endpoint"
	"switchyard/router/wire/bind"
	"switchyard/shared/fn"
)

// Limit is how large a body may be, in bytes.
const Limit = 1 << 14

// Pair has an endpoint in both bindings. Its function answers with what Answer makes of
// the Input. It serves one request at a time.
type Pair[I, O any] struct {
	Fast, Slow int // how many requests each binding accepted, of all
	generated  bind.Binding[I, O]
	answer     func(*I) *O
	got        *I // by the binding by reflection
	route      string
	handlers   [2]http.Handler // generated, and by reflection
}

// New returns the Pair of an endpoint at this route.
func New[I, O any](t testing.TB, route string, b bind.Binding[I, O], answer func(*I) *O) *Pair[I, O] {
	t.Helper()
	p := &Pair[I, O]{generated: b, answer: answer, route: route}
	for i, binding := range []endpoint.Binding{endpoint.Compiled(p, b), endpoint.New(p)} {
		h, err := endpoint.NewAPI("", "").Add("pair", fn.Endpoint{Route: route, MaxBody: Limit}, binding)
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.Handle(route, h)
		p.handlers[i] = mux
	}
	return p
}

// Handle implements endpoint.Handler.
func (p *Pair[I, O]) Handle(_ context.Context, in *I) (*O, error) {
	p.got = in
	return p.answer(in), nil
}

// Ask is a request that can be sent again.
type Ask struct {
	Target string // "/a?b=c"
	Header http.Header
	Body   string
	// AnyPlaces says that refusals may name other places: huma's vary where a name has
	// a dot or a bracket, with the order in which it goes through an object.
	AnyPlaces bool
}

// request returns the request; false if it cannot be one.
func (a Ask) request(t testing.TB, method string) (*http.Request, bool) {
	t.Helper()
	var body io.Reader
	if a.Body != "" {
		body = io.MultiReader(strings.NewReader(a.Body)) // whose length is not known
	}
	r, err := http.NewRequestWithContext(t.Context(), method, a.Target, body)
	if err != nil {
		return nil, false
	}
	if a.Body != "" {
		r.ContentLength = int64(len(a.Body))
	}
	if a.Header != nil {
		r.Header = a.Header.Clone()
	}
	return r, true
}

// Send sends a to both, and compares: what the generated binding accepts, the other one
// accepts with an equal Input, and the answers are the same. It reports whether the
// generated one did accept it.
func (p *Pair[I, O]) Send(t testing.TB, a Ask) bool {
	t.Helper()
	method, _, _ := strings.Cut(p.route, " ")
	var answers [2]*httptest.ResponseRecorder
	var inputs [2]*I
	for i, h := range p.handlers {
		r, ok := a.request(t, method)
		if !ok {
			return false
		}
		p.got, answers[i] = nil, httptest.NewRecorder()
		h.ServeHTTP(answers[i], r)
		inputs[i] = p.got
	}
	if inputs[1] != nil {
		p.Slow++
	}
	if !reflect.DeepEqual(inputs[0], inputs[1]) {
		t.Errorf("%+v: the inputs differ (- generated, + by reflection)\n%s", a, diff(inputs[0], inputs[1]))
	}
	same(t, a, answers)
	return p.accepts(t, a, method, inputs[1])
}

// accepts reports whether the generated binding accepts a, of which the other one read want.
func (p *Pair[I, O]) accepts(t testing.TB, a Ask, method string, want *I) bool {
	t.Helper()
	accepted, in := false, new(I)
	mux := http.NewServeMux()
	mux.HandleFunc(p.route, func(_ http.ResponseWriter, r *http.Request) {
		accepted = bind.Accept(r, Limit, p.generated.Read, in)
	})
	r, _ := a.request(t, method)
	mux.ServeHTTP(httptest.NewRecorder(), r)
	if !accepted {
		return false
	}
	p.Fast++
	if !reflect.DeepEqual(in, want) {
		t.Errorf("%+v: the generated binding read something else (- generated, + by reflection)\n%s", a, diff(in, want))
	}
	return true
}

// same compares the answers. The length is told by the generated binding alone.
func same(t testing.TB, a Ask, answers [2]*httptest.ResponseRecorder) {
	t.Helper()
	for _, answer := range answers {
		answer.Header().Del("Content-Length")
	}
	if a.AnyPlaces && answers[0].Code == http.StatusUnprocessableEntity && answers[1].Code == answers[0].Code {
		return
	}
	if answers[0].Code != answers[1].Code || !bytes.Equal(answers[0].Body.Bytes(), answers[1].Body.Bytes()) {
		t.Errorf("%+v: the answers differ:\n%d %s\n%d %s", a, answers[0].Code, answers[0].Body, answers[1].Code, answers[1].Body)
	}
	if d := cmp.Diff(answers[0].Header(), answers[1].Header()); d != "" {
		t.Errorf("%+v: the headers differ (- generated, + by reflection)\n%s", a, d)
	}
}

func diff(a, b any) string {
	return cmp.Diff(a, b, cmp.Exporter(func(reflect.Type) bool { return true }))
}
