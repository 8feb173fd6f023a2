package rules_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"switchyard/internal/rules"
)

type Common struct {
	Embedded int `json:"embedded,string"`
}

type item struct {
	N    uint8 `json:",string"`
	Next *item `json:"next,omitempty"`
}

type order struct {
	Common
	ID    *int64        `json:"id,string" example:"7"`
	Items []item        `json:"items"`
	Text  string        `json:"text,string"`
	Exact *json.Number  `json:"exact"`
	Some  *json.Number  `json:"some,omitempty"`
	List  []json.Number `json:"list"`
}

// Schemas are as encoding/json reads and writes, wherever a field stands.
func TestNewRegistry(t *testing.T) {
	t.Parallel()
	registry := rules.NewRegistry("#/", huma.DefaultSchemaNamer)
	registry.Schema(reflect.TypeFor[order](), true, "")
	var schemas map[string]struct{ Properties map[string]any }
	text, err := json.Marshal(registry)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &schemas); err != nil {
		t.Fatal(err)
	}
	const integer = `"pattern":"^-?[0-9]+$","patternDescription":"an integer"`
	for at, want := range map[string]string{
		"Order.embedded": `{` + integer + `,"type":"string"}`,
		"Order.id":       `{"examples":["7"],` + integer + `,"type":["string","null"]}`,
		"Order.text":     `{"type":"string"}`,
		"Order.exact":    `{"type":["number","null"]}`,
		"Order.some":     `{"type":"number"}`,
		"Order.list":     `{"items":{"type":"number"},"type":["array","null"]}`,
		"Item.N":         `{"pattern":"^[0-9]+$","patternDescription":"an integer of 0 or more","type":"string"}`,
	} {
		var expected any
		if err := json.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		of, property, _ := strings.Cut(at, ".")
		if diff := cmp.Diff(expected, schemas[of].Properties[property]); diff != "" {
			t.Errorf("%s (-want +got)\n%s", at, diff)
		}
	}
}
