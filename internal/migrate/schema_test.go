package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/migrate"
)

// union joins a project's own file, which names the schema public, with those of
// services, of which texts are in turn the names and contents.
func union(own string, services ...string) migrate.Schema {
	files := []migrate.File{{Name: "schema/schema.hcl", HCL: "schema \"public\" {}\n" + own}}
	for i := 0; i < len(services); i += 2 {
		files = append(files, migrate.File{Name: services[i], HCL: services[i+1]})
	}
	return migrate.Join(files)
}

// table returns the HCL of a table with a key id, of four lines before those of more.
func table(name, more string) string {
	return `table "` + name + `" {
  schema = schema.public
  column "id" { type = int }
  primary_key { columns = [column.id] }
` + more + "}\n"
}

func TestJoinAndFiles(t *testing.T) {
	t.Parallel()
	files := []migrate.File{{Name: "schema/schema.hcl", HCL: "schema \"public\" {}\n"}, {Name: "shared/a/schema.hcl", HCL: "// A.\n\n" + table("a", "")}}
	joined := migrate.Join(files)
	if diff := cmp.Diff(files, trimmed(joined.Files())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	odd := migrate.Join([]migrate.File{{Name: "a.hcl", HCL: "// ==> b.hcl\n" + table("a", "")}})
	if got := odd.Files(); len(got) != 1 || got[0].Name != "a.hcl" {
		t.Errorf("a comment became a file: %+v", got)
	}
	if got := migrate.Schema(table("a", "")).Files(); len(got) != 1 || got[0].Name != "schema.hcl" {
		t.Errorf("a schema without marks: got %+v", got)
	}
}

// trimmed takes the empty lines off the ends of files.
func trimmed(files []migrate.File) []migrate.File {
	for i := range files {
		files[i].HCL = strings.TrimRight(files[i].HCL, "\n") + "\n"
	}
	return files
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]migrate.Schema{
		"a reference to another file": union(table("order", `  foreign_key "order_user" {
    columns = [column.id]
    ref_columns = [table.user.column.id]
  }
`), "shared/auth/schema.hcl", table("user", "")),
		"by index": union(table("order", `  foreign_key "order_user" {
    columns = [column.id]
    ref_columns = [table["user"].column.id]
  }
`), "shared/auth/schema.hcl", table("user", "")),
		"public said twice":     union("", "shared/a/schema.hcl", "schema \"public\" {}\n"+table("a", "")),
		"two files of one name": union("", "shared/a/schema.hcl", table("a", ""), "shared/a/schema.hcl", table("b", "")),
		"a column more": union("table \"user\" {\n  column \"role\" { type = text }\n  index \"user_role\" { columns = [column.role, column.id] }\n}\n",
			"shared/auth/schema.hcl", table("user", "")),
		"no tables": union(""),
		"an enum":   union("enum \"colour\" {\n  schema = schema.public\n  values = [\"red\"]\n}\n" + table("a", "  column \"c\" { type = enum.colour }\n")),
		"one name in two schemas": union("schema \"other\" {}\n" + table("a", "") +
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
		"no such table":               {table("a", fk("column.id", "table.user.column.id")), ":7: there is no table user: neither schema/schema.hcl has it"},
		"no such column":              {table("a", fk("column.id", "table.a.column.nope")), ":7: the table a has no column nope"},
		"no own column":               {table("a", fk("column.nope", "table.a.column.id")), ":6: this table has no column nope"},
		"no type":                     {table("a", "  column \"c\" {\n  }\n"), ":5: the column a.c has no type"},
		"unknown type":                {table("a", "  column \"c\" {\n    type = strange\n  }\n"), ":6: Unknown column.type: There is no type named \"strange\""},
		"unknown word":                {table("a", "  column \"c\" {\n    type = int\n    nul = true\n  }\n"), ":7: nul is not understood here: want one of type, null"},
		"unknown block":               {table("a", "  indeks \"c\" {\n  }\n"), ":5: indeks is not understood"},
		"unknown at top":              {"tabel \"a\" {\n}\n", ":1: tabel is not understood"},
		"column twice":                {table("a", "  column \"id\" {\n    type = int\n  }\n"), ":5: the table a has two columns id"},
		"table twice":                 {table("own", ""), ":1: the table own: schema/schema.hcl:2 has a table or an index of that name"},
		"a column more that is there": {table("a", "") + "table \"own\" {\n  column \"id\" { type = int }\n}\n", ":7: the table own has two columns id"},
		"index twice":                 {table("a", "  index \"own\" {\n    columns = [column.id]\n  }\n"), ":5: the index own: schema/schema.hcl:2 has"},
		"unknown enum":                {table("a", "  column \"c\" {\n    type = enum.nope\n  }\n"), ":6: "},
		"an empty index":              {table("a", "  index \"i\" {\n  }\n"), `:5: cannot convert table "a": missing definition for index "i"`},
		"a size":                      {table("a", "  column \"c\" {\n    type = varchar(\"x\")\n  }\n"), ":5: cannot convert table"},
		"no bool":                     {table("a", "  column \"c\" {\n    type = int\n    null = \"x\"\n  }\n  index \"i\" {\n    columns = [column.c]\n  }\n"), ":5: value of attr \"null\""},
		"columns to match":            {table("a", fk("column.id", "")), ":5: number of referencing and referenced columns do not match"},
	} {
		err := union(table("own", ""), "shared/z/schema.hcl", table("z", ""), file, tt.hcl).Check()
		if _, ok := errors.AsType[*migrate.SchemaError](err); !ok || !strings.HasPrefix(err.Error(), file+tt.want) {
			t.Errorf("%s: got\n%v\nwant %s%s…", name, err, file, tt.want)
		}
	}
}

// All that is wrong is said at once.
func TestCheckSaysAll(t *testing.T) {
	t.Parallel()
	err := union("x {}\n", "shared/b/schema.hcl", "y {}\n", "shared/a/schema.hcl", "z {}\n\nz {}\n").Check()
	var places []string
	if wrong, ok := errors.AsType[*migrate.SchemaError](err); ok {
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
