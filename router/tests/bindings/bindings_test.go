// Package bindings_test holds the compiled bindings of a corpus of types against the binding
// by reflection.
package bindings_test

import (
	"math/rand/v2"
	"net/http"
	"reflect"
	"testing"
	"time"

	"switchyard/router/tests/bindings/corpus"
	formats "switchyard/router/tests/bindings/corpus/formats"
	list "switchyard/router/tests/bindings/corpus/list"
	nothing "switchyard/router/tests/bindings/corpus/nothing"
	numbers "switchyard/router/tests/bindings/corpus/numbers"
	optional "switchyard/router/tests/bindings/corpus/optional"
	options "switchyard/router/tests/bindings/corpus/options"
	order "switchyard/router/tests/bindings/corpus/order"
	params "switchyard/router/tests/bindings/corpus/params"
	tree "switchyard/router/tests/bindings/corpus/tree"
	values "switchyard/router/tests/bindings/corpus/values"
	"switchyard/router/wire/bind"
)

const (
	uuidText  = "0190163d-8694-739b-aea5-966c26f8ad91"
	orderText = `{"customer":"Ada","currency":"EUR","note":"now","express":true,"tags":["a","b"],"address":{"street":"S","zip":"12345","country":"FR"},` +
		`"billing":{"street":"T"},"delivery":{"by":"2026-11-29T12:00:00.5+01:00","slot":"am"},` +
		`"items":[{"sku":"x","quantity":2,"price":1.5},{"sku":"y","quantity":1,"price":0}],"extra":[{"key":"k","value":1},{"key":"l"}]}`
	numbersText = `{"i":-1,"i8":-100,"i16":299,"i32":1,"i64":14,"u":1,"u8":3,"u16":65535,"u32":4294967295,"u64":18446744073709551615,` +
		`"f32":0.1,"f64":0.1,"pi":1,"pf":0.5,"pb":false,"pk":"x","must":"` + uuidText + `","pu":"` + uuidText + `","pt":"2026-11-29T12:00:00Z","read":1,"low":1,"high":2}`
	valuesText = `{"author":"me","version":2,"id":"` + uuidText + `","at":"2026-11-29T12:00:00Z","raw":{"a":[1,{}]},"data":"AAEC","kinds":["a","b"],` +
		`"tags":["t"],"rows":[[1,2],[]],"some":[1,null],"labels":{"a":"b","c":""},"counts":{"x":1,"y":null},"deep":{"d":[{"sku":"x","quantity":1,"price":1}]},` +
		`"pages":{"of":[{"sku":"x","quantity":1,"price":1}],"next":{"sku":"n","quantity":1,"price":1},"Text":"t"},"any":{"z":[]},"list":["l"]}`
	formatsText = `{"email":"a@b.de","date":"2026-11-29","time":"12:00:00","moment":"2026-11-29T12:00:00Z","duration":"1h","hostname":"a.de","ipv4":"1.2.3.4",` +
		`"ipv6":"::1","ip":"::1","uri":"http://a/b","uuid":"` + uuidText + `","pointer":"/a/0","regex":"a+","unknown":"red"}`
	treeText = `{"name":"a","next":{"name":"b"},"children":[{"name":"c","children":[]}],"named":{"x":{"name":"d"}},` +
		`"leaf":{"nodes":[{"name":"e"}],"twig":{"leaves":[{"nodes":[]}],"length":1}}}`
	paramsQuery = `/p/` + uuidText + `/Ada?text=abc&limit=7&cursor=x%20y&kind=a&flag=false&count=6&small=-4&large=2&ratio=0.5&half=1.5&at=2026-11-29T12:00:00Z` +
		`&owner=` + uuidText + `&tags=a,b&kinds=a&kinds=b&numbers=1,2&ids=` + uuidText + `&times=2026-11-29T12:00:00Z&wait=5`
)

func paramsHeader() http.Header {
	return http.Header{
		"User-Agent": {"test"}, "If-Modified-Since": {"Sun, 29 Nov 2026 12:00:00 GMT"}, "X-Accepts": {"a, b"},
		"Cookie": {"token=abc; visits=3"},
	}
}

// Usual requests are accepted, and whatever is accepted is so by the binding by reflection
// as well.
func TestRead(t *testing.T) {
	t.Parallel()
	reads(t, "params", "/p/{id}/{name}", params.Binding(),
		request{target: paramsQuery, header: paramsHeader()}, request{target: "/p/" + uuidText + "/x?text=ab"},
		request{target: "/p/" + uuidText + "/x?text=ab&limit=&flag=&tags=&cursor=&owner=&numbers="})
	reads(t, "order", "/o", order.Binding(), request{target: "/o", body: orderText},
		request{target: "/o", body: `{"customer":"é","currency":"USD","address":{"street":"S"},"items":[{"price":0.5,"quantity":1000,"sku":"x"}]}`})
	reads(t, "numbers", "/n", numbers.Binding(), request{target: "/n", body: numbersText}, request{target: "/n", body: `{"i":0,"pi":null,"pk":null,"must":"` + uuidText + `"}`})
	reads(t, "values", "/v", values.Binding(), request{target: "/v", body: valuesText},
		request{target: "/v", body: `{"id":"` + uuidText + `","at":"2026-11-29T12:00:00Z","pages":{"of":[]}}`})
	reads(t, "formats", "/f", formats.Binding(), request{target: "/f", body: formatsText}, request{target: "/f", body: `{}`})
	reads(t, "tree", "/t", tree.Binding(), request{target: "/t", body: treeText}, request{target: "/t", body: `{"name":"x","leaf":null,"next":null}`})
	reads(t, "list", "/l", list.Binding(), request{target: "/l", body: `[{"sku":"x","quantity":1,"price":1},{"sku":"y","quantity":1,"price":1.5}]`})
	reads(t, "optional", "/o", optional.Binding(), request{target: "/o", body: `{"street":"S"}`})
	reads(t, "nothing", "/n", nothing.Binding(), request{target: "/n"})
	reads(t, "options", "/n", options.Binding(), request{target: "/n"})
}

// reads sends requests, which are usual, and many that are like them.
func reads[I, O any](t *testing.T, name, route string, b bind.Binding[I, O], usual ...request) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		d := newDiffer(t, route, b)
		r := rand.New(rand.NewPCG(1, 2))
		accepted := 0
		const rounds = 1500
		for _, q := range usual {
			q.header = q.header.Clone()
			if q.body != "" {
				q.header = http.Header{"Content-Type": {"application/json"}}
			}
			if !d.read(t, q) {
				t.Errorf("%+v is not accepted", q)
			}
			for range rounds {
				if d.read(t, altered(r, q)) {
					accepted++
				}
			}
		}
		t.Logf("%d of %d are accepted", accepted, rounds*len(usual))
	})
}

// altered returns a request like q.
func altered(r *rand.Rand, q request) request {
	if q.body != "" {
		q.body = changed(r, q.body)
		return q
	}
	path, query, found := cut(q.target)
	if found {
		query = escaped(changed(r, query))
	} else {
		query = escaped(changed(r, "a=b"))
	}
	if len(q.header) > 0 && r.IntN(3) == 0 {
		q.header = q.header.Clone()
		for name, values := range q.header {
			q.header[name] = []string{changed(r, values[0])}
		}
	}
	q.target = path + "?" + query
	return q
}

// Whatever is written is what the binding by reflection writes.
func TestWrite(t *testing.T) {
	t.Parallel()
	writes(t, "params", "/p/{id}/{name}", params.Binding(), request{target: "/p/" + uuidText + "/x?text=ab"})
	writes(t, "order", "/o", order.Binding(), request{target: "/o", body: orderText})
	writes(t, "numbers", "/n", numbers.Binding(), request{target: "/n", body: numbersText})
	writes(t, "values", "/v", values.Binding(), request{target: "/v", body: valuesText})
	writes(t, "formats", "/f", formats.Binding(), request{target: "/f", body: formatsText})
	writes(t, "tree", "/t", tree.Binding(), request{target: "/t", body: treeText})
	writes(t, "list", "/l", list.Binding(), request{target: "/l", body: `[{"sku":"x","quantity":1,"price":1}]`})
	writes(t, "optional", "/o", optional.Binding(), request{target: "/o", body: `{"street":"S"}`})
	writes(t, "nothing", "/n", nothing.Binding(), request{target: "/n"})
	writes(t, "options", "/n", options.Binding(), request{target: "/n"})
}

// writes answers q many times.
func writes[I, O any](t *testing.T, name, route string, b bind.Binding[I, O], q request) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		d := newDiffer(t, route, b)
		r := rand.New(rand.NewPCG(3, 4))
		d.write(t, q, new(O))
		for range 500 {
			out := new(O)
			v := reflect.ValueOf(out).Elem()
			random(r, v, 5)
			if status := v.FieldByName("Status"); status.IsValid() {
				status.SetInt([]int64{0, 200, 201, 404}[r.IntN(4)])
			}
			d.write(t, q, out)
		}
	})
}

// A list that is deep, though it has an end.
func TestWriteDeep(t *testing.T) {
	t.Parallel()
	d := newDiffer(t, "/t", tree.Binding())
	out := &corpus.Tree{Body: corpus.Node{Name: "end"}}
	const deep = 3000
	for range deep {
		out.Body = corpus.Node{Name: "n", Next: &corpus.Node{Name: out.Body.Name, Next: out.Body.Next}}
	}
	d.write(t, request{target: "/t", body: treeText}, out)

	defer func() {
		if recover() == nil {
			t.Error("a ring was written")
		}
	}()
	ring := &corpus.Tree{}
	ring.Body.Next = &ring.Body
	d.write(t, request{target: "/t", body: treeText}, ring)
}

func someTime(r *rand.Rand) time.Time {
	at := []time.Time{{}, time.Unix(1764417600, 123456789).UTC(), time.Unix(0, 5000).In(time.FixedZone("", 5400))}
	return at[r.IntN(len(at))]
}
