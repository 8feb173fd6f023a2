// Package bindings_test holds the compiled bindings of a corpus of types against the binding
// by reflection.
package bindings_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/router/tests/bindings/bindingtest"
	"switchyard/router/tests/bindings/corpus"
	formats "switchyard/router/tests/bindings/corpus/formats"
	list "switchyard/router/tests/bindings/corpus/list"
	nothing "switchyard/router/tests/bindings/corpus/nothing"
	numbers "switchyard/router/tests/bindings/corpus/numbers"
	optional "switchyard/router/tests/bindings/corpus/optional"
	order "switchyard/router/tests/bindings/corpus/order"
	params "switchyard/router/tests/bindings/corpus/params"
	tree "switchyard/router/tests/bindings/corpus/tree"
	values "switchyard/router/tests/bindings/corpus/values"
	"switchyard/router/wire/bind"
)

// sender is a bindingtest.Pair.
type sender interface {
	Send(testing.TB, bindingtest.Ask) bool
}

// body is an endpoint of the corpus that takes a body, with bodies that are as they should be.
type body struct {
	name   string
	pair   func(testing.TB) sender
	bodies []string
}

// echo returns what makes the pair of an endpoint that answers with what it was sent.
func echo[T any](b bind.Binding[T, T]) func(testing.TB) sender {
	return func(t testing.TB) sender {
		t.Helper()
		return bindingtest.New(t, "POST /a", b, func(in *T) *T { return in })
	}
}

func newOrder(t testing.TB) sender {
	t.Helper()
	return bindingtest.New(t, "POST /a", order.Binding(), receipt)
}

func receipt(in *corpus.Order) *corpus.Receipt {
	var out corpus.Receipt
	out.Body.Order = *in
	out.Body.Parts = map[string]corpus.Item{}
	for _, item := range in.Body.Items {
		out.Body.Total += item.Price
		out.Body.Parts[item.SKU] = item
	}
	out.Body.More = map[corpus.Kind][]float32{corpus.Kind(in.Body.Customer): {float32(out.Body.Total), 1e-7}, "": nil}
	return &out
}

func bodies() []body {
	return []body{
		{"order", newOrder, []string{
			`{"customer":"é","currency":"USD","address":{"street":"S"},"items":[{"price":0.5,"quantity":1000,"sku":"x"}]}`,
			`{"customer":"Ada","currency":"EUR","note":"now","express":true,"address":{"street":"S","zip":"12345","country":"FR"},` +
				`"delivery":{"by":"2026-11-29T12:00:00.5+01:00","slot":"am"},"items":[{"sku":"y","quantity":1,"price":0}],"extra":[{"key":"k","value":1},{"key":"l"}]}`,
			`{"customer":"Ada","currency":"EUR","address":{"street":"Main <1> & \"2\""},"items":[{"sku":"A","quantity":2,"price":1.5}]}`,
			`{"customer":"\u00c4da \ud83d\ude00","currency":"USD","note":null,"express":false,"tags":["a","b"],"address":{"street":"x","zip":"12345","country":"FR"},` +
				`"billing":{"street":"y"},"delivery":{"by":"2026-01-02T03:04:05Z"},"items":[{"sku":"A","quantity":1,"price":0},{"sku":"B","quantity":1000,"price":1e6}],"extra":[{"key":"k"},{"key":"l","value":1}]}`,
		}},
		{"numbers", echo(numbers.Binding()), []string{
			`{"i":1,"pi":null,"pk":"x","must":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21"}`,
			`{"i":0,"pi":null,"pk":null,"must":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21"}`,
			`{"i":2,"pi":1,"pk":"x","u16":65535,"u32":4294967295,"u64":18446744073709551615,"f32":0.1,"must":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","pt":"2026-11-29T12:00:00Z"}`,
			`{"i":-1,"i8":-100,"i16":299,"i32":1,"i64":14,"u":1,"u8":3,"u16":4,"u32":5,"u64":6,"f32":1.25,"f64":0.1,"pi":7,"pf":0.5,"pb":false,"pk":"y",` +
				`"pu":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","must":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","pt":"2026-01-02T03:04:05+01:00","read":1,"low":1,"high":2,"far":1,"long":9007199254740994,"vast":1e299}`,
		}},
		{"tree", echo(tree.Binding()), []string{
			`{"name":"a"}`,
			`{"name":"x","leaf":null,"next":null}`,
			`{"name":"a","leaf":{"nodes":[{"name":"e"}],"twig":{"leaves":[{"nodes":[]}],"length":1}}}`,
			`{"name":"a","next":{"name":"b"},"children":[{"name":"c","children":[]}],"named":{"x":{"name":"d"},"a":{"name":"e"}},"leaf":{"nodes":[{"name":"f"}],"twig":{"leaves":[{"nodes":[]}]}}}`,
		}},
		{"values", echo(values.Binding()), []string{
			`{"id":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","at":"2026-01-02T03:04:05Z"}`,
			`{"id":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","at":"2026-01-02T03:04:05Z","data":"AAEC","rows":[],"labels":{"a":"b","c":""},"pages":{"of":[]},"any":{"z":[]}}`,
			`{"author":"Ada","version":2,"id":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","at":"2026-01-02T03:04:05.5Z","raw":{"a": [1, "x"]},"data":"YWI=","kinds":["a","b"],"tags":["x"],` +
				`"rows":[[1,2],[]],"some":[1,null],"owners":["0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21"],"labels":{"b":"2","a":"1"},"counts":{"x":1,"y":null},"deep":{"z":[{"sku":"A","quantity":1,"price":1}]},"pages":{"of":[],"next":{"sku":"A","quantity":1,"price":1},"Text":"t"},` +
				`"any":{"k":1},"list":["q"]}`,
		}},
		{"formats", echo(formats.Binding()), []string{
			`{}`,
			`{"email":"a@b.c","date":"2026-01-02","time":"03:04:05","moment":"2026-01-02T03:04:05Z","duration":"5m","hostname":"a.example","ipv4":"1.2.3.4","ipv6":"::1","ip":"::1",` +
				`"uri":"https://a.example/x","uuid":"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21","pointer":"/a/b","regex":"^a+$","unknown":"red"}`,
		}},
		{"list", echo(list.Binding()), []string{`[{"sku":"A","quantity":1,"price":1}]`, `[{"sku":"x","quantity":1,"price":1},{"sku":"y","quantity":1,"price":1.5}]`}},
		{"optional", echo(optional.Binding()), []string{`{"street":"x"}`}},
	}
}

func asJSON() http.Header { return http.Header{"Content-Type": {"application/json"}} }

// What a generated binding accepts, the binding by reflection reads as well, and alike; what
// it does not, is answered as by that one. What is as it should be it accepts.
func TestBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range bodies() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pair := tt.pair(t)
			for _, valid := range tt.bodies {
				if !pair.Send(t, bindingtest.Ask{Target: "/a", Header: asJSON(), Body: valid}) {
					t.Errorf("is left to reflection: %s", valid)
				}
				for changed := range bindingtest.Bodies(valid) {
					if pair.Send(t, bindingtest.Ask{Target: "/a", Header: asJSON(), Body: changed}); t.Failed() {
						return
					}
				}
			}
		})
	}
}

// The body's type, its size and the query are looked at as by reflection.
func TestBodyRequests(t *testing.T) {
	t.Parallel()
	pair := echo(list.Binding())(t)
	const valid = `[{"sku":"A","quantity":1,"price":1}]`
	for _, kind := range []string{
		"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "application/json; charset=latin1",
		"application/merge-patch+json", "text/plain", "", "application/json,text/plain",
	} {
		for _, body := range []string{valid, valid + strings.Repeat(" ", bindingtest.Limit), valid + strings.Repeat(" ", bindingtest.Limit-len(valid)), "", " ", valid + valid, strings.Repeat("[", 200)} {
			for _, target := range []string{"/a", "/a?x=1", "/a?"} {
				pair.Send(t, bindingtest.Ask{Target: target, Header: http.Header{"Content-Type": {kind}}, Body: body})
				pair.Send(t, bindingtest.Ask{Target: target, Header: http.Header{"Content-Type": {kind, kind}}, Body: body})
			}
		}
	}
	pair.Send(t, bindingtest.Ask{Target: "/a", Body: valid})
	bindingtest.New(t, "POST /a", nothing.Binding(), func(in *corpus.Nothing) *corpus.Nothing { return in }).Send(t, bindingtest.Ask{Target: "/a", Body: valid})
}

func newParams(t testing.TB) *bindingtest.Pair[corpus.Params, corpus.Headers] {
	t.Helper()
	return bindingtest.New(t, "GET /a/{id}/{name}", params.Binding(), func(in *corpus.Params) *corpus.Headers {
		return &corpus.Headers{
			Status: 200 + int(in.Visits)%5, Location: in.Text, Kind: in.Kind, Links: in.Tags, Total: int(in.Count), Large: in.Large, Exact: in.Flag,
			Plain: []corpus.Count{in.Count, 2},
		}
	})
}

const (
	paramsPath = "/a/0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21/name"
	allParams  = "kind=a&text=ab&flag=false&count=6&small=-4&large=2&ratio=0.5&half=1.5&at=2026-01-02T03:04:05Z&owner=0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21&tags=p,q" +
		"&kinds=a&kinds=b&numbers=1,2&ids=0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21&times=2026-01-02T03:04:05Z&wait=5&limit=7&cursor=c"
)

func TestParams(t *testing.T) {
	t.Parallel()
	pair := newParams(t)
	for _, query := range []string{"text=ab", "text=ab&limit=&flag=&tags=&cursor=&owner=&numbers=", allParams} {
		if !pair.Send(t, bindingtest.Ask{Target: paramsPath + "?" + query}) {
			t.Errorf("is left to reflection: %s", query)
		}
		for changed := range bindingtest.Queries(query) {
			pair.Send(t, bindingtest.Ask{Target: paramsPath + "?" + changed})
			if t.Failed() {
				return
			}
		}
	}
	for _, value := range bindingtest.Values() {
		pair.Send(t, bindingtest.Ask{Target: "/a/" + value + "/name?text=ab"})
		pair.Send(t, bindingtest.Ask{Target: "/a/0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21/" + value + "?text=ab"})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	pair := newParams(t)
	for _, header := range []http.Header{
		{"If-Modified-Since": {"Mon, 02 Jan 2006 15:04:05 GMT"}, "User-Agent": {"me"}, "X-Accepts": {"a, b"}, "Cookie": {"token=abc; visits=201"}},
		{"If-Modified-Since": {"2006-01-02T15:04:05Z"}},
		{"If-Modified-Since": {""}, "User-Agent": {""}, "X-Accepts": {""}, "Cookie": {"token=; visits="}},
		{"User-Agent": {"a", "b"}},
		{"X-Accepts": {"a", "b, c"}},
		{"X-Accepts": {" a ,\tb"}},
		{"User-Agent": {"\xff"}},
		{"User-Agent": {strings.Repeat("ä", 20)}},
		{"User-Agent": {strings.Repeat("ä", 21)}},
		{"Cookie": {"token=abc; token=defg", "visits=1"}},
		{"Cookie": {`token="abc"; visits=70000`}},
		{"Cookie": {"token=ab"}},
		{"Cookie": {"token=a\xffbc"}},
	} {
		pair.Send(t, bindingtest.Ask{Target: paramsPath + "?text=ab", Header: header})
	}
	if pair.Fast == 0 {
		t.Error("all are left to reflection")
	}
}
