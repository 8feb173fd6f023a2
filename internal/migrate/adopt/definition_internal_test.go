package adopt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseIndex(t *testing.T) {
	t.Parallel()
	const on = "CREATE INDEX i ON public.t USING "
	for definition, want := range map[string]*index{
		on + `btree (a, "b ,c")`: {method: "btree", keys: []key{{column: "a"}, {column: "b ,c"}}},
		on + `btree (a DESC, b DESC NULLS LAST, c NULLS FIRST)`: {method: "btree", keys: []key{
			{column: "a", desc: true}, {column: "b", desc: true, nulls: "LAST"}, {column: "c", nulls: "FIRST"},
		}},
		on + `gin (a jsonb_path_ops, b public.gin_trgm_ops)`: {method: "gin", keys: []key{{column: "a", ops: "jsonb_path_ops"}, {column: "b", ops: "public.gin_trgm_ops"}}},
		on + `btree (lower(a) text_pattern_ops, ((a || ','::text)), public.f(a, 'x)')) INCLUDE (d)`: {method: "btree", keys: []key{
			{expr: "lower(a)", ops: "text_pattern_ops"}, {expr: "(a || ','::text)"}, {expr: "public.f(a, 'x)')"},
		}, include: []string{"d"}},
		`CREATE UNIQUE INDEX "I 1" ON "S"."T" USING btree (a) NULLS NOT DISTINCT WHERE (a <> '('::text)`: {
			method: "btree", keys: []key{{column: "a"}}, together: true, where: "a <> '('::text",
		},
		on + `brin (a) WITH (pages_per_range='64')`: {method: "brin", keys: []key{{column: "a"}}, pages: "64"},
		on + `btree (a COLLATE "C")`:                nil,
		on + `gin (a) WITH (fastupdate=off)`:        nil,
		`CREATE INDEX nonsense`:                     nil,
	} {
		got, ok := parseIndex(definition)
		if ok != (want != nil) {
			t.Errorf("%s: %v %+v", definition, ok, got)
		} else if ok {
			if diff := cmp.Diff(*want, got, cmp.AllowUnexported(index{}, key{})); diff != "" {
				t.Errorf("%s: %s", definition, diff)
			}
		}
	}
}
