package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	files := schematest.Desired().Files()
	files[1].Text = strings.NewReplacer(
		`column "name" { type = text }`, `column "title" { type = text }`,
		`type = bigint`, `type = int`,
		`index "picture_uploading"`, `index "picture_made"`,
		`'uploading', 'ready'`, `'ready'`,
	).Replace(files[1].Text)
	files = append(files[:2], schema.File{Name: "shared/parcels/schema.hcl", Text: schematest.Table("parcel", "")})
	got, err := schematest.Desired().Changes(schema.Join(files))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"shared/album/schema.hcl: the column picture.name is no longer there",
		"shared/album/schema.hcl: the column picture.size becomes integer, was bigint",
		"shared/album/schema.hcl: the column picture.title is new",
		"shared/album/schema.hcl: the index picture_made is new",
		"shared/album/schema.hcl: the index picture_uploading is no longer there",
		"shared/album/schema.hcl: the rules of the table picture change",
		"shared/letters/schema.hcl: the table letter is no longer there",
		"shared/parcels/schema.hcl: the table parcel is new",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	same, err := schematest.Single(schematest.Desired()).Changes(schematest.Desired())
	if err != nil || len(same) > 0 {
		t.Errorf("one file that becomes several: got %q, %v, want no changes", same, err)
	}
	if _, err := schematest.Desired().Changes("table {"); err == nil {
		t.Error("a malformed schema was compared")
	}
}

// SQL files run once, so that one that changes is worth a warning.
func TestChangesOfSQLFiles(t *testing.T) {
	t.Parallel()
	files := func(texts ...string) schema.Source {
		var all []schema.File
		for i := 0; i < len(texts); i += 2 {
			all = append(all, schema.File{Name: "schema/sql/" + texts[i], Text: texts[i+1]})
		}
		return schema.Join(all)
	}
	got, err := files("1_a.sql", "SELECT 1;", "2_b.sql", "SELECT 2;", "3_c.sql", "SELECT 3;").
		Changes(files("1_a.sql", "SELECT 1;\n", "2_b.sql", "SELECT 0;", "4_d.sql", "SELECT 4;"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"schema/sql/2_b.sql: the SQL file changes, but files that ran are not run again: write what changes into a new file",
		"schema/sql/3_c.sql: the SQL file is no longer there; what it made stays",
		"schema/sql/4_d.sql: the SQL file is new, and runs once",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
