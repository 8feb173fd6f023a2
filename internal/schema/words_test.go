package schema_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
)

// full is a schema with every word that may stand in one.
func full(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/full.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// problemsIn returns the lines of a file in which there are problems.
func problemsIn(t *testing.T, text string) (lines []int) {
	t.Helper()
	err := schema.Join([]schema.File{{Name: "a.hcl", Text: text}}).Check()
	if wrong, ok := errors.AsType[*schema.Error](err); ok {
		for _, p := range wrong.Problems {
			lines = append(lines, p.Line)
		}
	}
	return lines
}

// Any word that is misspelt is refused, where it stands, and so is any value of a wrong
// kind.
func TestNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	text := full(t)
	if lines := problemsIn(t, text); lines != nil {
		t.Fatal(schema.Join([]schema.File{{Name: "a.hcl", Text: text}}).Check())
	}
	file, _ := hclsyntax.ParseConfig([]byte(text), "a.hcl", hcl.InitialPos)
	refused := func(what string, r hcl.Range, instead string) {
		t.Helper()
		changed := text[:r.Start.Byte] + instead + text[r.End.Byte:]
		if !slices.Contains(problemsIn(t, changed), r.Start.Line) {
			t.Errorf("line %d: %s became %s, which is not refused there", r.Start.Line, what, instead)
		}
	}
	_ = hclsyntax.VisitAll(file.Body.(*hclsyntax.Body), func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.Attribute:
			if n.Name == "longest" {
				return nil // a name of one's own
			}
			word := n.Name
			refused(word, n.NameRange, word+"x")
			refused(word, n.NameRange, word[:len(word)-1])
			for _, value := range []string{`"sure"`, "[]", "{}", "null", "-1.5", `""`, "yes", `["a", 1]`, `sql("")`} {
				if !accepts(n, value) {
					refused(word, n.Expr.Range(), value)
				}
			}
		case *hclsyntax.Block:
			refused(n.Type, n.TypeRange, n.Type+"x")
			refused(n.Type, n.TypeRange, n.Type[:len(n.Type)-1])
			if n.Type != "locals" {
				refused(n.Type, n.TypeRange, n.Type+` "a" "b" "c"`)
			}
		}
		return nil
	})
}

// accepts reports whether a value of another kind is right for an attribute.
func accepts(a *hclsyntax.Attribute, value string) bool {
	switch value {
	case `"sure"`: // a text
		return slices.Contains([]string{"comment", "collate", "renamed_from", "where", "expr", "as", "default"}, a.Name)
	case "-1.5":
		return a.Name == "default"
	case `""`:
		return a.Name == "default"
	}
	return false
}

func TestNamesAndValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 64)
	column := func(text string) string { return schematest.Table("a", "  column \"c\" {\n    "+text+"\n  }\n") }
	for name, tt := range map[string]struct{ hcl, want string }{
		"a typo":               {column("type = int\n    nul = true"), ":8: nul is not understood here: want one of as, collate, comment, default, null, renamed_from, type, identity; did you mean null?"},
		"two letters changed":  {column("type = int\n    defautl = 5"), "did you mean default?"},
		"a block":              {schematest.Table("a", "  chek \"c\" {\n    expr = \"true\"\n  }\n"), ":6: chek is not understood here"},
		"row_security":         {schematest.Table("a", "  row_security {\n    enabled = true\n  }\n"), ":6: row_security is not understood here: HCL cannot describe it here: write it as an SQL file, schema/sql/NNN_name.sql"},
		"exclude":              {schematest.Table("a", "  exclude \"e\" {\n  }\n"), "write it as an SQL file"},
		"partition":            {schematest.Table("a", "  partition {\n    type = HASH\n    columns = [column.id]\n  }\n"), "write it as an SQL file"},
		"view":                 {"view \"v\" {\n}\n", ":2: view is not understood here: HCL cannot"},
		"extension":            {"extension \"citext\" {\n}\n", "write it as an SQL file"},
		"domain":               {"domain \"d\" {\n}\n", "write it as an SQL file"},
		"variable":             {"variable \"v\" {\n}\n", "nothing gives it a value: write a block locals"},
		"for_each":             {"table \"a\" {\n  for_each = [1]\n  schema = schema.public\n}\n", "write each block"},
		"null in quotes":       {column("type = int\n    null = \"yes\""), ":8: null: want true or false, without quotes"},
		"null that is true":    {column("type = int\n    null = \"true\""), ":8: null: want true or false"},
		"unique in quotes":     {schematest.Table("a", "  index \"i\" {\n    columns = [column.id]\n    unique = \"true\"\n  }\n"), ":8: unique: want true or false"},
		"a default of text":    {column("type = int\n    default = \"5\""), ":8: default: want a whole number"},
		"a broken default":     {column("type = int\n    default = 1.5"), ":8: default: want a whole number"},
		"a large default":      {column("type = smallint\n    default = 40000"), ":8: default: the number is too large for smallint"},
		"a default of number":  {column("type = text\n    default = 5"), ":8: default: want a text in quotes"},
		"a default for bool":   {column("type = bool\n    default = 1"), ":8: default: want true or false"},
		"a default of no enum": {"enum \"e\" {\n  schema = schema.public\n  values = [\"x\"]\n}\n" + column("type = enum.e\n    default = \"y\""), ":12: default: the enum e has no such value"},
		"default and identity": {column("type = int\n    default = 1\n    identity {\n      generated = ALWAYS\n    }"), "the column c has a default, and a block identity"},
		"digits of a second":   {column("type = timestamptz(9)"), ":7: type: PostgreSQL keeps 6 digits"},
		"on_delete":            {schematest.Table("a", "  foreign_key \"f\" {\n    columns = [column.id]\n    ref_columns = [column.id]\n    on_delete = CASCAD\n  }\n"), ":9: on_delete: want one of NO_ACTION, RESTRICT, CASCADE, SET_NULL, SET_DEFAULT, without quotes; did you mean CASCADE?"},
		"a value twice":        {"enum \"e\" {\n  schema = schema.public\n  values = [\"x\", \"x\"]\n}\n", `:4: values: the value "x" is there twice`},
		"no values":            {"enum \"e\" {\n  schema = schema.public\n  values = []\n}\n", ":4: values: want at least one text"},
		"a long value":         {"enum \"e\" {\n  schema = schema.public\n  values = [\"" + long + "\"]\n}\n", "PostgreSQL would keep 63"},
		"an empty name":        {schematest.Table("a", "  column \"\" {\n    type = int\n  }\n"), ":6: the name of the column is empty"},
		"a long table":         {schematest.Table(long, ""), ":2: the name of the table " + long + " has 64 bytes, of which PostgreSQL would keep 63"},
		"a long check":         {schematest.Table("a", "  check \""+long+"\" {\n    expr = \"true\"\n  }\n"), "of which PostgreSQL would keep 63"},
		"two rules of a name":  {schematest.Table("a", "  check \"c\" {\n    expr = \"true\"\n  }\n  unique \"c\" {\n    columns = [column.id]\n  }\n"), ":9: the unique c: a.hcl:6 has a rule of this table of that name"},
		"an enum and a table":  {"enum \"a\" {\n  schema = schema.public\n  values = [\"x\"]\n}\n" + schematest.Table("a", ""), "the table a: a.hcl:2 has"},
		"two keys":             {schematest.Table("a", "  primary_key {\n    columns = [column.id]\n  }\n"), ":6: there is a primary_key here already"},
		"a name of a key":      {strings.Replace(schematest.Table("a", ""), "primary_key", "primary_key \"k\"", 1), ":5: the primary key of a is called a_pkey: remove the name here"},
		"a key with on":        {"table \"a\" {\n  schema = schema.public\n  column \"id\" {\n    type = int\n  }\n  primary_key {\n    on {\n      column = column.id\n    }\n  }\n}\n", ":8: on is not understood here"},
		"a column twice":       {schematest.Table("a", "  index \"i\" {\n    columns = [column.id, column.id]\n  }\n"), ":7: columns: the column column.id is there twice"},
		"two schemas":          {"schema \"other\" {}\ntable \"other\" \"a\" {\n  schema = schema.public\n  column \"id\" {\n    type = int\n  }\n}\n", "stands in the schema other by its first name, and in public"},
		"an attribute twice":   {column("type = int\n    type = text"), ":8: Attribute redefined"},
		"no name":              {"table \"a\" {\n  schema = schema.public\n  column {\n    type = int\n  }\n}\n", ":4: a block column has a name"},
	} {
		err := schema.Join([]schema.File{{Name: "a.hcl", Text: "schema \"public\" {}\n" + tt.hcl}}).Check()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got\n%v\nwant %s", name, err, tt.want)
		}
	}
}

func TestLocals(t *testing.T) {
	t.Parallel()
	table := func(value string) string {
		return fmt.Sprintf("schema \"public\" {}\nlocals {\n  v = %s\n}\n", value) + schematest.Table("a", "  index \"i\" {\n    columns = [column.id]\n    unique = local.v\n  }\n")
	}
	if err := schema.Source(table("true")).Check(); err != nil {
		t.Error(err)
	}
	if err := schema.Source(table(`"yes"`)).Check(); err == nil || !strings.Contains(err.Error(), ":11: unique: want true or false") {
		t.Errorf("got %v", err)
	}
}
