package schema_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
)

func TestJoinAndFiles(t *testing.T) {
	t.Parallel()
	files := []schema.File{{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n"}, {Name: "shared/a/schema.hcl", Text: "// A.\n\n" + schematest.Table("a", "")}}
	joined := schema.Join(files)
	if diff := cmp.Diff(files, trimmed(joined.Files())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	odd := schema.Join([]schema.File{{Name: "a.hcl", Text: "// ==> b.hcl\n" + schematest.Table("a", "")}})
	if got := odd.Files(); len(got) != 1 || got[0].Name != "a.hcl" {
		t.Errorf("a comment became a file: %+v", got)
	}
	if got := schema.Source(schematest.Table("a", "")).Files(); len(got) != 1 || got[0].Name != "schema.hcl" {
		t.Errorf("a schema without marks: got %+v", got)
	}
}

// trimmed takes the empty lines off the ends of files.
func trimmed(files []schema.File) []schema.File {
	for i := range files {
		files[i].Text = strings.TrimRight(files[i].Text, "\n") + "\n"
	}
	return files
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]schema.Source{
		"a reference to another file": schematest.Union(schematest.Table("order", `  foreign_key "order_user" {
    columns = [column.id]
    ref_columns = [table.user.column.id]
  }
`), "shared/auth/schema.hcl", schematest.Table("user", "")),
		"by index": schematest.Union(schematest.Table("order", `  foreign_key "order_user" {
    columns = [column.id]
    ref_columns = [table["user"].column.id]
  }
`), "shared/auth/schema.hcl", schematest.Table("user", "")),
		"public said twice":     schematest.Union("", "shared/a/schema.hcl", "schema \"public\" {}\n"+schematest.Table("a", "")),
		"two files of one name": schematest.Union("", "shared/a/schema.hcl", schematest.Table("a", ""), "shared/a/schema.hcl", schematest.Table("b", "")),
		"a column more": schematest.Union("table \"user\" {\n  column \"role\" { type = text }\n  index \"user_role\" { columns = [column.role, column.id] }\n}\n",
			"shared/auth/schema.hcl", schematest.Table("user", "")),
		"no tables": schematest.Union(""),
		"an enum":   schematest.Union("enum \"colour\" {\n  schema = schema.public\n  values = [\"red\"]\n}\n" + schematest.Table("a", "  column \"c\" { type = enum.colour }\n")),
		"one name in two schemas": schematest.Union("schema \"other\" {}\n" + schematest.Table("a", "") +
			"table \"other\" \"a\" {\n  schema = schema.other\n  column \"id\" { type = int }\n}\n"),
	} {
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckNamesFileAndLine(t *testing.T) {
	t.Parallel()
	const file = "shared/a/schema.hcl"
	fk := func(columns, ref string) string {
		return "  foreign_key \"f\" {\n    columns = [" + columns + "]\n    ref_columns = [" + ref + "]\n  }\n"
	}
	for name, tt := range map[string]struct{ hcl, want string }{
		"syntax":                      {"table \"a\" {\n  schema =\n}\n", ":2: Invalid expression"},
		"never closed":                {"\ntable \"a\" {\n", ":2: Unclosed configuration block"},
		"no such schema":              {"table \"a\" {\n  schema = schema.nope\n  column \"id\" { type = int }\n}\n", `:2: there is no schema nope: add to schema/schema.hcl the line: schema "nope" {}`},
		"no schema":                   {"table \"a\" {\n  column \"id\" { type = int }\n}\n", ":1: the table a has no schema"},
		"no such table":               {schematest.Table("a", fk("column.id", "table.user.column.id")), ":7: there is no table user: neither schema/schema.hcl has it"},
		"no such column":              {schematest.Table("a", fk("column.id", "table.a.column.nope")), ":7: the table a has no column nope"},
		"no own column":               {schematest.Table("a", fk("column.nope", "table.a.column.id")), ":6: this table has no column nope"},
		"no type":                     {schematest.Table("a", "  column \"c\" {\n  }\n"), ":5: the column a.c has no type"},
		"unknown type":                {schematest.Table("a", "  column \"c\" {\n    type = strange\n  }\n"), ":6: Unknown column.type: There is no type named \"strange\""},
		"unknown word":                {schematest.Table("a", "  column \"c\" {\n    type = int\n    nul = true\n  }\n"), ":7: nul is not understood here: want one of as, collate, comment, default, null, renamed_from, type, identity; did you mean null?"},
		"unknown block":               {schematest.Table("a", "  indeks \"c\" {\n  }\n"), ":5: indeks is not understood"},
		"unknown at top":              {"tabel \"a\" {\n}\n", ":1: tabel is not understood"},
		"column twice":                {schematest.Table("a", "  column \"id\" {\n    type = int\n  }\n"), ":5: the table a has two columns id"},
		"table twice":                 {schematest.Table("own", ""), ":1: the table own: schema/schema.hcl:2 has a table or an index of that name"},
		"a column more that is there": {schematest.Table("a", "") + "table \"own\" {\n  column \"id\" { type = int }\n}\n", ":7: the table own has two columns id"},
		"index twice":                 {schematest.Table("a", "  index \"own\" {\n    columns = [column.id]\n  }\n"), ":5: the index own: schema/schema.hcl:2 has"},
		"unknown enum":                {schematest.Table("a", "  column \"c\" {\n    type = enum.nope\n  }\n"), ":6: "},
		"an empty index":              {schematest.Table("a", "  index \"i\" {\n  }\n"), `:5: cannot convert table "a": missing definition for index "i"`},
		"a size":                      {schematest.Table("a", "  column \"c\" {\n    type = varchar(\"x\")\n  }\n"), ":5: cannot convert table"},
		"no bool":                     {schematest.Table("a", "  column \"c\" {\n    type = int\n    null = \"x\"\n  }\n  index \"i\" {\n    columns = [column.c]\n  }\n"), ":7: null: want true or false"},
		"columns to match":            {schematest.Table("a", fk("column.id", "table.own.column.id, table.own.column.other")), ":5: number of referencing and referenced columns do not match"},
	} {
		err := schematest.Union(schematest.Table("own", "  column \"other\" { type = int }\n"), "shared/z/schema.hcl", schematest.Table("z", ""), file, tt.hcl).Check()
		if _, ok := errors.AsType[*schema.Error](err); !ok || !strings.HasPrefix(err.Error(), file+tt.want) {
			t.Errorf("%s: got\n%v\nwant %s%s…", name, err, file, tt.want)
		}
	}
}

// All that is wrong is said at once.
func TestCheckSaysAll(t *testing.T) {
	t.Parallel()
	err := schematest.Union("x {}\n", "shared/b/schema.hcl", "y {}\n", "shared/a/schema.hcl", "z {}\n\nz {}\n").Check()
	var places []string
	if wrong, ok := errors.AsType[*schema.Error](err); ok {
		for _, p := range wrong.Problems {
			place, _, _ := strings.Cut(p.String(), ": ")
			places = append(places, place)
		}
	}
	want := []string{"schema/schema.hcl:2", "shared/a/schema.hcl:1", "shared/a/schema.hcl:3", "shared/b/schema.hcl:1"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
