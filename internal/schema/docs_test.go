package schema_test

import (
	"os"
	"regexp"
	"testing"

	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
)

// What the documentation writes can be written.
func TestExamplesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```hcl\n(.*?)```")
	for _, page := range []string{"schema.md", "auth.md"} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		found := blocks.FindAllStringSubmatch(string(text), -1)
		if len(found) == 0 {
			t.Errorf("%s has no tables", page)
		}
		for _, m := range found {
			if err := schematest.Union(m[1], "shared/auth/betterauth/schema.hcl", schematest.Table("user", "")).Check(); err != nil {
				t.Errorf("%s: %v\n%s", page, err, m[1])
			}
		}
	}
}

// And so can the SQL files, of which the first line is the name.
func TestSQLFilesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/schema.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []schema.File
	for _, m := range regexp.MustCompile("(?s)```sql\n-- (schema/sql/\\S+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		files = append(files, schema.File{Name: m[1], Text: m[2]})
	}
	scripts, err := schema.Join(files).Scripts()
	if err != nil || len(scripts) != 3 || !scripts[0].Before || scripts[1].Before || !scripts[2].Repeat {
		t.Errorf("got %+v, %v, want three files: one before the tables, one after, and one in batches", scripts, err)
	}
}
