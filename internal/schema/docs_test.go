package schema_test

import (
	"os"
	"regexp"
	"testing"

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
