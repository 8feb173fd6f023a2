package ijson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/ijson"
)

type thing struct {
	Name   string            `json:"name"`
	N      int               `json:"n"`
	Small  int8              `json:"small"`
	Big    uint64            `json:"big"`
	F      float64           `json:"f"`
	ID     *uuid.UUID        `json:"id"`
	For    time.Duration     `json:"for"`
	At     time.Time         `json:"at"`
	Bytes  []byte            `json:"bytes"`
	Quoted int               `json:"quoted,string"`
	Sub    *thing            `json:"sub"`
	All    []thing           `json:"all"`
	Texts  map[string]string `json:"texts"`
	Any    any               `json:"any"`
	Raw    json.RawMessage   `json:"raw"`
	Number json.Number       `json:"number"`
	Own    own               `json:"own"`
	Array  [2]byte           `json:"array"`
	Plain  string
}

// own decodes itself.
type own struct{ text string }

func (o *own) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '7' {
		return errors.New("secret")
	}
	o.text = string(data)
	return nil
}

// What a text means to encoding/json it means here.
func TestUnmarshalIsLikeEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `null`,
		`{"name":"ä\u00e4\ud83d\ude00","n":-1,"small":127,"big":18446744073709551615,"f":1e3}`,
		`{"id":"0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b","for":1000,"at":"2026-11-23T10:00:00Z","bytes":"AAE=","quoted":"5"}`,
		`{"id":null,"name":null,"n":null,"sub":null,"all":null,"texts":null,"any":null,"raw":null}`,
		`{"sub":{"sub":{"name":"x"}},"all":[{"n":1},{"n":2}],"texts":{"a":"b"},"any":{"a":[1,2.5,"x",null,true]}}`,
		`{"raw":{"a": 1.10},"number":1.10,"own":{"b": 2},"array":[1,2],"Plain":"p","unknown":[{}]}`,
	} {
		var want, got thing
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if err := ijson.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(own{})); diff != "" {
			t.Errorf("%s (-encoding/json +ijson)\n%s", text, diff)
		}
	}
}

func TestNamesAreLetterForLetter(t *testing.T) {
	t.Parallel()
	var got thing
	if err := ijson.Unmarshal([]byte(`{"name":"abc","NAME":"","plain":"x","ſub":{"n":1}}`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(thing{Name: "abc"}, got, cmp.AllowUnexported(own{})); diff != "" {
		t.Error(diff)
	}
}

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	type named int64
	type integers struct {
		N     named         `json:"n"`
		U     *uint64       `json:"u"`
		All   []int         `json:"all"`
		F     float64       `json:"f"`
		Exact json.Number   `json:"exact"`
		Any   any           `json:"any"`
		For   time.Duration `json:"for"`
	}
	var got integers
	text := `{"n":1.0,"u":18446744073709551615.000,"all":[1e2,-0.0,12.50e1,-1200E-2,0e999999999999999999999,3],"f":1.0,"exact":1.0,"any":1.0,"for":1e9}`
	if err := ijson.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	most := ^uint64(0)
	want := integers{1, &most, []int{100, 0, 125, -12, 0, 3}, 1, "1.0", 1.0, time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A type with tags that encoding/json overlooks is decoded all the same.
func TestOddTags(t *testing.T) {
	t.Parallel()
	number := reflect.TypeFor[int]()
	odd := reflect.StructOf([]reflect.StructField{ // go vet refuses it as a type of its own
		{Name: "A", Type: number, Tag: `json:"a,omitempty,"`},
		{Name: "Same", Type: number, Tag: `json:"c"`},
		{Name: "Also", Type: number, Tag: `json:"c"`},
	})
	outer := reflect.StructOf([]reflect.StructField{
		{Name: "In", Type: odd, Tag: `json:"in"`},
		{Name: "N", Type: number, Tag: `json:"n"`},
	})
	want, got := reflect.New(outer), reflect.New(outer)
	text := []byte(`{"in":{"a":1,"c":3},"n":4}`)
	if err := json.Unmarshal(text, want.Interface()); err != nil {
		t.Fatal(err)
	}
	if err := ijson.Unmarshal(text, got.Interface()); err != nil || !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("got %+v, %v, want %+v", got.Elem(), err, want.Elem())
	}
	if err := ijson.Unmarshal([]byte(`{"in":{"a":"x"}}`), got.Interface()); err == nil {
		t.Error("a text passes for a number")
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000)
	for text, want := range map[string]ijson.Error{
		``:                              {Kind: ijson.Malformed, Message: "unexpected end of JSON input"},
		`{"name":`:                      {Kind: ijson.Malformed, Path: "name", Message: "unexpected end of JSON input"},
		`{}{}`:                          {Kind: ijson.Malformed, Message: "invalid character '{' after top-level value"},
		`{"name":secre`:                 {Kind: ijson.Malformed, Path: "name", Message: "invalid character 's' at start of value"},
		`{"any":` + deep:                {Kind: ijson.Malformed, Message: "is not valid JSON"},
		"{\"name\":\"\xff\"}":           {Kind: ijson.Malformed, Path: "name", Message: "is not UTF-8"},
		"{\"unknown\":[0,\"\xff\"]}":    {Kind: ijson.Malformed, Path: "unknown[1]", Message: "is not UTF-8"},
		`{"name":"\ud800"}`:             {Kind: ijson.Malformed, Path: "name", Message: "is not UTF-8"},
		`{"name":"a","name":"b"}`:       {Kind: ijson.Repeated, Path: "name", Message: "is given more than once"},
		`{"name":"a","n\u0061me":"b"}`:  {Kind: ijson.Repeated, Path: "name", Message: "is given more than once"},
		`{"sub":{"name":"a"},"sub":{}}`: {Kind: ijson.Repeated, Path: "sub", Message: "is given more than once"},
		`{"all":[{},{"n":1,"n":1}]}`:    {Kind: ijson.Repeated, Path: "all[1].n", Message: "is given more than once"},
		`{"texts":{"3":"","3":""}}`:     {Kind: ijson.Repeated, Path: "texts.3", Message: "is given more than once"},
		`{"any":[{"a":{"b":1,"b":2}}]}`: {Kind: ijson.Repeated, Path: "any[0].a.b", Message: "is given more than once"},
		`{"raw":{"b":1,"b":2}}`:         {Kind: ijson.Repeated, Path: "raw.b", Message: "is given more than once"},
		`{"own":{"b":1,"b":2}}`:         {Kind: ijson.Repeated, Path: "own.b", Message: "is given more than once"},
		`{"unknown":{"b":1,"b":2}}`:     {Kind: ijson.Repeated, Path: "unknown.b", Message: "is given more than once"},
		`{"all":[{"small":300}]}`:       {Kind: ijson.Misfit, Path: "all[0].small", Message: "expected an integer from -128 to 127"},
		`{"n":1.5}`:                     {Kind: ijson.Misfit, Path: "n", Message: "expected an integer from -9223372036854775808 to 9223372036854775807"},
		`{"n":1e99999999999}`:           {Kind: ijson.Misfit, Path: "n", Message: "expected an integer from -9223372036854775808 to 9223372036854775807"},
		`{"big":-1}`:                    {Kind: ijson.Misfit, Path: "big", Message: "expected an integer from 0 to 18446744073709551615"},
		`{"f":1e999}`:                   {Kind: ijson.Misfit, Path: "f", Message: "is too large a number"},
		`{"name":7}`:                    {Kind: ijson.Misfit, Path: "name", Message: "does not have the expected form"},
		`{"own":7}`:                     {Kind: ijson.Misfit, Path: "own", Message: "does not have the expected form"},
		`{"all":[{"id":"secret"}]}`:     {Kind: ijson.Misfit, Path: "all[0].id", Message: "does not have the expected form"},
		`[]`:                            {Kind: ijson.Misfit, Message: "does not have the expected form"},
	} {
		err := ijson.Unmarshal([]byte(text), new(thing))
		got, ok := errors.AsType[*ijson.Error](err)
		if !ok || got.Kind != want.Kind || got.Message != want.Message || (got.Path != want.Path && len(text) < 1000) {
			t.Errorf("%.80s: got %+v, want %+v", text, got, want)
		}
	}
}

// Whatever is refused for the types is refused without any.
func TestUnmarshalAnyRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`[{"a":1,"a":2}]`:       "JSON[0].a: is given more than once",
		"[\"\xff\"]":            "JSON[0]: is not UTF-8",
		`{"a":[{"b":0,"b":0}]}`: "JSON.a[0].b: is given more than once",
	} {
		var v any
		if err := ijson.Unmarshal([]byte(text), &v); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
		var fields map[string]json.RawMessage
		if err := ijson.Unmarshal([]byte(`{"x":`+text+`}`), &fields); err == nil {
			t.Errorf("%s passes unread", text)
		}
	}
}

func TestFindZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":"\\u0000"}`:          "",
		`{"a":[0,{"b":"\u0000"}]}`: "JSON.a[1].b: unexpected zero byte",
		`["x\u0000"]`:              "JSON[0]: unexpected zero byte",
		`{"a":{"\u0000":1}}`:       "JSON.a: unexpected zero byte",
		`"\u0000"`:                 "JSON: unexpected zero byte",
	} {
		var v any
		if err := ijson.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := ijson.FindZero([]byte(text), v); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"n":1.0,"all":[{"small":1e1}],"any":{"a":"\ud83d\ude00"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want any
		if err := ijson.Unmarshal(data, &got); err != nil {
			return
		}
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v and %v, %v", data, got, want, err)
		}
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	text := []byte(`{"name":"a name","n":12345,"at":"2026-11-23T10:00:00Z","sub":{"name":"x","n":1},"all":[{"n":1},{"n":2}],"texts":{"a":"b"}}`)
	for name, unmarshal := range map[string]func([]byte, any) error{"ijson": ijson.Unmarshal, "encoding": json.Unmarshal} {
		b.Run(name+"/struct", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := unmarshal(text, new(thing)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/any", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := unmarshal(text, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
