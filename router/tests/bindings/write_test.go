package bindings_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"switchyard/router/tests/bindings/bindingtest"
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

// Whatever is written is what the binding by reflection writes.
func TestWrite(t *testing.T) {
	t.Parallel()
	bare, sent := bindingtest.Ask{Target: "/a"}, map[string]bindingtest.Ask{}
	for _, b := range bodies() {
		sent[b.name] = bindingtest.Ask{Target: "/a", Header: asJSON(), Body: b.bodies[0]}
	}
	writes(t, "order", "POST /a", order.Binding(), sent["order"])
	writes(t, "numbers", "POST /a", numbers.Binding(), sent["numbers"])
	writes(t, "values", "POST /a", values.Binding(), sent["values"])
	writes(t, "formats", "POST /a", formats.Binding(), sent["formats"])
	writes(t, "tree", "POST /a", tree.Binding(), sent["tree"])
	writes(t, "list", "POST /a", list.Binding(), sent["list"])
	writes(t, "optional", "POST /a", optional.Binding(), sent["optional"])
	writes(t, "nothing", "POST /a", nothing.Binding(), bare)
	writes(t, "options", "POST /a", options.Binding(), bare)
	writes(t, "params", "GET /a/{id}/{name}", params.Binding(), bindingtest.Ask{Target: paramsPath + "?text=ab"})
}

// writes answers a, which is sent to route, with many Outputs.
func writes[I, O any](t *testing.T, name, route string, b bind.Binding[I, O], a bindingtest.Ask) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		out := new(O)
		pair := bindingtest.New(t, route, b, func(*I) *O { return out })
		r := rand.New(rand.NewPCG(3, 4))
		for range 500 {
			if !pair.Send(t, a) {
				t.Fatalf("is left to reflection: %+v", a)
			}
			out = new(O)
			v := reflect.ValueOf(out).Elem()
			random(r, v, 5)
			if status := v.FieldByName("Status"); status.IsValid() {
				status.SetInt([]int64{0, 200, 201, 404}[r.IntN(4)])
			}
		}
	})
}

// A list that is deep, though it has an end.
func TestWriteDeep(t *testing.T) {
	t.Parallel()
	out := &corpus.Tree{Body: corpus.Node{Name: "end"}}
	pair := bindingtest.New(t, "POST /a", tree.Binding(), func(*corpus.Tree) *corpus.Tree { return out })
	ask := bindingtest.Ask{Target: "/a", Header: asJSON(), Body: `{"name":"a"}`}
	const deep = 3000
	for range deep {
		out.Body = corpus.Node{Name: "n", Next: &corpus.Node{Name: out.Body.Name, Next: out.Body.Next}}
	}
	pair.Send(t, ask)

	defer func() {
		if recover() == nil {
			t.Error("a ring was written")
		}
	}()
	out = &corpus.Tree{}
	out.Body.Next = &out.Body
	pair.Send(t, ask)
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

func someTime(r *rand.Rand) time.Time {
	at := []time.Time{{}, time.Unix(1764417600, 123456789).UTC(), time.Unix(0, 5000).In(time.FixedZone("", 5400))}
	return at[r.IntN(len(at))]
}
