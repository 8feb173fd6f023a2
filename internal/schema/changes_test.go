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
