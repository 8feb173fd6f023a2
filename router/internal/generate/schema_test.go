package generate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/generate"
)

const ownTables = `schema "public" {}
table "parcel" {
  schema = schema.public
  column "id" {
    type = int
  }
}
`

// What changes of the tables is named, before anything is written.
func TestChangedTables(t *testing.T) {
	t.Parallel()
	root := newModule(t)
	write(t, root, "schema/schema.hcl", ownTables)
	if _, err := generate.Write(t.Context(), root, nil); err != nil {
		t.Fatal(err)
	}
	write(t, root, "schema/schema.hcl", strings.Replace(ownTables, "  column", "  column \"weight\" {\n    type = int\n  }\n  column", 1))
	got, err := generate.Check(t.Context(), root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"schema/schema.hcl: the column parcel.weight is new"}, got.Tables); diff != "" {
		t.Error(diff)
	}
}

// What is wrong with a table has a file and a line, as what is wrong with a function.
func TestTableThatCannotBe(t *testing.T) {
	t.Parallel()
	root := newModule(t)
	write(t, root, "schema/schema.hcl", strings.Replace(ownTables, "type", "typ", 1))
	_, err := generate.Write(t.Context(), root, nil)
	problems, ok := errors.AsType[*generate.Error](err)
	if !ok || problems.Problems[0].File != "schema/schema.hcl" || problems.Problems[0].Line != 4 {
		t.Errorf("got %v, want a problem in schema/schema.hcl:4", err)
	}
}

// A project's own file adds to the table of a service, which is there for that.
func TestTablesThatAreAddedTo(t *testing.T) {
	t.Parallel()
	root := newModule(t)
	write(t, root, "shared/parcels/schema.hcl", strings.Replace(ownTables, "schema \"public\" {}\n", "", 1))
	write(t, root, "shared/parcels/parcels.go", "// Package parcels keeps parcels.\npackage parcels\n")
	own := func(text string) string {
		t.Helper()
		write(t, root, "schema/schema.hcl", "schema \"public\" {}\n"+text)
		if _, err := generate.Write(t.Context(), root, nil); err != nil {
			t.Fatal(err)
		}
		return read(t, root+"/"+generate.SchemaOutput)
	}
	const mark = "// ==> shared/parcels/schema.hcl\n"
	if got := own(""); strings.Contains(got, mark) {
		t.Errorf("a table that nobody needs is there:\n%s", got)
	}
	if got := own("table \"parcel\" {\n  column \"weight\" {\n    type = int\n  }\n}\n"); !strings.Contains(got, mark) {
		t.Errorf("the table that is added to is not there:\n%s", got)
	}
}
