package bindings_test

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/endpoint"
	"switchyard/router/wire/bind"
	"switchyard/shared/fn"
)

// request is what is sent to an endpoint.
type request struct {
	target string // "/orders?limit=3"
	header http.Header
	body   string
}

func (q request) http() *http.Request {
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequest(http.MethodPost, q.target, body)
	maps.Copy(r.Header, q.header)
	return r
}

// kept is a function that keeps what it was given last, and answers with out.
type kept[I, O any] struct {
	in  *I
	out *O
}

func (f *kept[I, O]) Handle(_ context.Context, in *I) (*O, error) {
	f.in = in
	return f.out, nil
}

// differ holds a compiled binding against the one by reflection.
type differ[I, O any] struct {
	compiled  bind.Binding[I, O]
	route     string
	function  kept[I, O]
	reflected http.Handler
	status    int // that answers have by default
}

const limit = 1 << 20 // bytes of a body

func newDiffer[I, O any](t *testing.T, route string, b bind.Binding[I, O]) *differ[I, O] {
	t.Helper()
	d := &differ[I, O]{compiled: b, route: "POST " + route, status: http.StatusOK}
	spec := fn.Endpoint{Route: d.route, Access: fn.Public, MaxBody: limit}
	if _, ok := reflect.TypeFor[O]().FieldByName("Body"); !ok {
		d.status = http.StatusNoContent
	}
	h, err := endpoint.NewAPI("Test", "1").Add("corpus", spec, endpoint.New(&d.function))
	if err != nil {
		t.Fatal(err)
	}
	d.reflected = h
	return d
}

// read reads q in both ways, and reports whether the compiled binding accepts it. Then the
// other one has to accept it as well, with an equal Input.
func (d *differ[I, O]) read(t *testing.T, q request) bool {
	t.Helper()
	in, accepted := new(I), false
	serve(d.route, q, func(_ http.ResponseWriter, r *http.Request) {
		accepted = bind.Accept(r, limit, d.compiled.Read, in)
	})
	if !accepted {
		return false
	}
	d.function = kept[I, O]{}
	answer := serve(d.route, q, d.reflected.ServeHTTP)
	switch {
	case d.function.in == nil:
		t.Errorf("%+v: it is accepted, but the binding by reflection says %s", q, answer.Body)
	case !reflect.DeepEqual(d.function.in, in):
		t.Errorf("%+v (-reflected +compiled)\n%s", q, cmp.Diff(d.function.in, in, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
	return true
}

// write writes out in both ways.
func (d *differ[I, O]) write(t *testing.T, q request, out *O) {
	t.Helper()
	got := httptest.NewRecorder()
	bind.Answer(got, d.status, d.compiled.Write, out)
	d.function.out = out
	want := serve(d.route, q, d.reflected.ServeHTTP)
	got.Header().Del("Content-Length")
	if got.Code != want.Code || got.Body.String() != want.Body.String() || !cmp.Equal(want.Header(), got.Header()) {
		t.Errorf("%+v\ngot  %d %v %s\nwant %d %v %s", out, got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
	}
}

// serve answers q with h, which has the route.
func serve(route string, q request, h http.HandlerFunc) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	mux.HandleFunc(route, h)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, q.http())
	return w
}

// odd are texts that are put in place of others.
func odd() []string {
	return []string{
		"null", "true", "false", "0", "-0", "1", "-1", "1.0", "1e2", "0.5", "3.5", "127", "128", "300", "9007199254740993",
		"18446744073709551615", "9223372036854775808", "1e400", "007", "NaN", `""`, `"a"`, `"EUR"`, `"\u0000"`, `"\ud800"`, `"\u00e9"`, "\"\xff\"",
		`"x\ny"`, "[]", "{}", "[1]", "[null]", `{"a":1}`, `{"a":1,"a":2}`, ",", ":", "}", "]", " ", "\n", "", "&", "=", "%00", "%", ";", "+", "a,b", "ä",
		`"2026-11-29T12:00:00Z"`, `"2026-11-29 12:00:00Z"`, `"2026-02-30T12:00:00+01:00"`, `"0190163D-8694-739B-AEA5-966C26F8AD91"`,
		`"AAEC"`, `"AAE"`, `"_-"`,
	}
}

// changed returns s with a part of it replaced, doubled, moved or removed.
func changed(r *rand.Rand, s string) string {
	texts := odd()
	for range 1 + r.IntN(2) {
		parts := tokens(s)
		if len(parts) == 0 {
			return texts[r.IntN(len(texts))]
		}
		i, j := r.IntN(len(parts)), r.IntN(len(parts))
		switch r.IntN(5) {
		case 0, 1:
			parts[i] = texts[r.IntN(len(texts))]
		case 2:
			parts[i] = ""
		case 3:
			parts[i] += parts[j]
		case 4:
			parts[i], parts[j] = parts[j], parts[i]
		}
		s = strings.Join(parts, "")
	}
	return s
}

// tokens takes JSON or a query apart.
func tokens(s string) (parts []string) {
	for s != "" {
		n := 1
		switch {
		case s[0] == '"':
			if end := strings.IndexByte(s[1:], '"'); end >= 0 {
				n = end + 2
			}
		case !strings.ContainsRune("{}[]:,&=", rune(s[0])):
			if n = strings.IndexAny(s, "{}[]:,&=\""); n < 0 {
				n = len(s)
			}
		}
		parts, s = append(parts, s[:n]), s[n:]
	}
	return parts
}

// random sets v to any value, which holds few others below depth.
func random(r *rand.Rand, v reflect.Value, depth int) {
	texts := []string{"", "a", "<b>&amp;", "\u2028\u2029", "\xff\xfe", "ä\x01\"\\\n\t\b\f", "0", "日本"}
	switch {
	case v.Type().String() == "time.Time":
		v.Set(reflect.ValueOf(someTime(r)))
	case v.Type().String() == "json.RawMessage":
		v.SetBytes([]byte([]string{"null", `{"a" : [1, "<"]}`, `"é"`}[r.IntN(3)]))
	case v.CanInt():
		v.SetInt(r.Int64() >> r.IntN(64))
	case v.CanUint():
		v.SetUint(r.Uint64() >> r.IntN(64))
	case v.CanFloat():
		v.SetFloat([]float64{0, 1, -1.5, 1e21, 1e-7, 123456789, 0.1, float64(r.Uint32())}[r.IntN(8)])
	case v.Kind() == reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case v.Kind() == reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	default:
		randomInner(r, v, depth)
	}
}

func randomInner(r *rand.Rand, v reflect.Value, depth int) {
	n := r.IntN(3)
	switch v.Kind() { //nolint:exhaustive // random does the others
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				random(r, field, depth)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			random(r, v.Index(i), depth)
		}
	case reflect.Pointer:
		if n > 0 && depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			random(r, v.Elem(), depth-1)
		}
	case reflect.Slice:
		if r.IntN(4) > 0 && depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				random(r, v.Index(i), depth-1)
			}
		}
	case reflect.Map:
		if r.IntN(4) > 0 && depth > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range n {
				key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				random(r, key, depth)
				random(r, item, depth-1)
				v.SetMapIndex(key, item)
			}
		}
	}
}

// cut cuts the path off a target.
func cut(target string) (path, query string, found bool) { return strings.Cut(target, "?") }

// escaped returns a query in which nothing stands that net/http would not let pass.
func escaped(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || c == '#' {
			b.WriteString(url.QueryEscape(query[i : i+1]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
