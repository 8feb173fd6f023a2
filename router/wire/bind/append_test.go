package bind_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/uuid"

	"switchyard/router/wire/bind"
)

// encoded returns what encoding/json makes of v.
func encoded(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// All is written byte for byte as encoding/json does.
func TestAppend(t *testing.T) {
	t.Parallel()
	compare := func(got []byte, v any) bool {
		want := encoded(t, v)
		if string(got) != want {
			t.Errorf("%#v: got %s, want %s", v, got, want)
		}
		return string(got) == want
	}
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	for _, s := range []string{"", string(all), "é\u2028\u2029\u2027😀", "\xe2\x80", "a\xff<&>", "\xed\xa0\x80"} {
		compare(bind.AppendString(nil, s), s)
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1e-6, 9.9e-7, 1e21, 1e20, 1e-9, 1e-10, 1e100, math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 100} {
		compare(bind.AppendFloat(nil, f, 64), f)
		small := float32(min(f, math.MaxFloat32))
		compare(bind.AppendFloat(nil, float64(small), 32), small)
	}
	compare(bind.AppendBytes(nil, nil), []byte(nil))
	compare(bind.AppendMarshaler(nil, json.RawMessage(`{ "a" : "<\u2028>" }`)), json.RawMessage(`{ "a" : "<\u2028>" }`))
	compare(bind.AppendAny(nil, map[string]any{"b": "<", "a": nil}), map[string]any{"b": "<", "a": nil})
	for _, property := range []any{
		func(s string) bool { return compare(bind.AppendString(nil, s), s) },
		func(b []byte) bool { return compare(bind.AppendString(nil, string(b)), string(b)) },
		func(f float64) bool { return compare(bind.AppendFloat(nil, f, 64), f) },
		func(f float32) bool { return compare(bind.AppendFloat(nil, float64(f), 32), f) },
		func(id uuid.UUID) bool { return compare(bind.AppendUUID(nil, id), id) },
		func(b []byte) bool { return compare(bind.AppendBytes(nil, b), b) },
		func(s uint32, ns uint32) bool {
			at := time.Unix(int64(s), int64(ns))
			return compare(bind.AppendTime(nil, at), at)
		},
	} {
		if err := quick.Check(property, nil); err != nil {
			t.Error(err)
		}
	}
}

// What encoding/json cannot encode ends in a panic with its words.
func TestAppendPanics(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]func(){
		"encode the answer: json: unsupported value: NaN": func() { bind.AppendFloat(nil, math.NaN(), 64) },
		"encode the answer: json: error calling MarshalJSON for type json.RawMessage: unexpected end of JSON input": func() {
			bind.AppendMarshaler(nil, json.RawMessage(`{`))
		},
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || err.Error() != want {
					t.Errorf("got %v, want %s", err, want)
				}
			}()
			f()
		}()
	}
}
