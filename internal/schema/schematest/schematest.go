// Package schematest makes schemas for tests.
package schematest

import (
	"strings"

	"switchyard/internal/schema"
)

// Union joins a project's own file, which names the schema public, with those of
// services, of which texts are in turn the names and contents.
func Union(own string, services ...string) schema.Source {
	files := []schema.File{{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n" + own}}
	for i := 0; i < len(services); i += 2 {
		files = append(files, schema.File{Name: services[i], Text: services[i+1]})
	}
	return schema.Join(files)
}

// Table returns the HCL of a table with a key id, of four lines before those of more.
func Table(name, more string) string {
	return `table "` + name + `" {
  schema = schema.public
  column "id" { type = int }
  primary_key { columns = [column.id] }
` + more + "}\n"
}

// Desired is a schema of three files. It has what PostgreSQL keeps in its own words:
// checks, partial indexes and defaults.
func Desired() schema.Source {
	return Union(Table("note", `  column "picture" { type = uuid }
  foreign_key "note_picture" {
    columns     = [column.picture]
    ref_columns = [table.picture.column.id]
    on_delete   = CASCADE
  }
`), "shared/album/schema.hcl", `// Pictures.
table "picture" {
  schema = schema.public
  column "id" { type = uuid }
  column "name" { type = text }
  column "size" { type = bigint }
  column "width" {
    type = int
    null = true
  }
  column "status" { type = text }
  column "reason" {
    type    = text
    default = ""
  }
  column "made_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key { columns = [column.id] }
  index "picture_uploading" {
    columns = [column.made_at]
    where   = "status = 'uploading'"
  }
  check "picture_status" {
    expr = "status IN ('uploading', 'ready')"
  }
}
`, "shared/letters/schema.hcl", Table("letter", ""))
}

// Single is a schema as a project had it before tables stood beside services: in one
// file, which no line names.
func Single(s schema.Source) schema.Source {
	var b strings.Builder
	for _, f := range s.Files() {
		b.WriteString(f.Text)
	}
	return schema.Source(b.String())
}
