package generate_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/schema"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
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

// SQL files go into the program, in a file of their own that is there as long as they are;
// and so do all HCL files of the project's own.
func TestSQLFilesOfAProject(t *testing.T) {
	t.Parallel()
	root := newModule(t)
	write(t, root, "schema/schema.hcl", "schema \"public\" {}\n")
	write(t, root, "schema/parcels.hcl", strings.TrimPrefix(ownTables, "schema \"public\" {}\n"))
	write(t, root, "schema/sql/010_calm.sql", "CREATE VIEW calm AS SELECT 1 AS n;\n")
	write(t, root, "schema/seed.sql", "SELECT 'a seed';\n")
	if _, err := generate.Write(t.Context(), root, nil); err != nil {
		t.Fatal(err)
	}
	if got := read(t, root+"/"+generate.ScriptsOutput); got != "-- ==> schema/sql/010_calm.sql\nCREATE VIEW calm AS SELECT 1 AS n;\n" {
		t.Errorf("got %s", got)
	}
	if got := read(t, root+"/"+generate.SchemaOutput); !strings.Contains(got, "// ==> schema/parcels.hcl\ntable") || strings.Contains(got, "SELECT") {
		t.Errorf("got %s", got)
	}
	whole, err := schema.ReadGenerated(filepath.Dir(root + "/" + generate.Output))
	catalog := read(t, root+"/"+generate.Output)
	if err != nil || !strings.Contains(catalog, whole.Digest()) || !strings.Contains(catalog, "//go:embed schema_gen.sql\nvar scripts string\n") {
		t.Errorf("got %v, and a catalog that is not of both:\n%s", err, catalog)
	}
	vet(t, root, "./router/catalog")
	if got, err := generate.Check(t.Context(), root, nil); err != nil || len(got.Changed) > 0 {
		t.Errorf("got %+v, %v, want that all is fresh", got, err)
	}
	remove(t, root, "schema/sql/010_calm.sql")
	got, err := generate.Write(t.Context(), root, nil)
	if _, statErr := os.Stat(root + "/" + generate.ScriptsOutput); err != nil || !errors.Is(statErr, os.ErrNotExist) {
		t.Errorf("without SQL files: got %+v, %v, %v", got, err, statErr)
	}
	if diff := cmp.Diff([]string{"schema/sql/010_calm.sql: the SQL file is no longer there; what it made stays"}, got.Tables); diff != "" {
		t.Error(diff)
	}
}

// What is wrong with an SQL file has a file and a line too, and so has what nobody reads.
func TestSQLFileThatCannotBe(t *testing.T) {
	t.Parallel()
	root := newModule(t)
	for name, want := range map[string]string{
		"schema/sql/010_a.sql": "schema/sql/010_a.sql:1: ",
		"schema/views.sql":     "schema/views.sql:1: nothing reads this",
	} {
		write(t, root, name, "BEGIN;\n")
		if _, err := generate.Write(t.Context(), root, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		remove(t, root, name)
	}
}

func remove(t *testing.T, root, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
		t.Fatal(err)
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

// What needs no database has no table, and jobs alone have none either.
func TestTablesFollow(t *testing.T) {
	t.Parallel()
	job := `package tick

import (
	"context"

	"FRAMEWORK/shared/fn"
)

var Spec = fn.Schedule{Cron: "0 6 * * *"}

type Function struct{}

func (Function) Handle(context.Context) error { return nil }
`
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a job without a database", map[string]string{"functions/jobs/tick/tick.go": job}, nil},
		{"a job and a database", map[string]string{
			"functions/jobs/tick/tick.go": job, "functions/pages/home/home.go": orderPage, "shared/orders/orders.go": orderService,
		}, []string{"outbox", "job_release"}},
		{"a database", map[string]string{
			"functions/pages/home/home.go": strings.Replace(orderPage, "\"GET /{$}\"", "\"GET /{$}\", Access: fn.Public", 1), "shared/orders/orders.go": orderService,
		}, nil},
		{"keys", map[string]string{
			"functions/api/events/publish/publish.go": lend("functions/api/events/publish", "publish.Spec"),
		}, []string{"api_key", "user", "outbox"}},
		{"a table of nobody", map[string]string{"schema/schema.hcl": orderSchema}, []string{"order", "user"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := newProject(t, tt.files)
			if _, err := generate.Write(t.Context(), root, expression.Judge); err != nil {
				t.Fatal(err)
			}
			schema := read(t, filepath.Join(root, generate.SchemaOutput))
			for _, table := range tt.want {
				if !strings.Contains(schema, `table "`+table+`"`) {
					t.Errorf("there is no table %s", table)
				}
			}
			if tt.want == nil && strings.Contains(schema, "table ") {
				t.Errorf("there are tables:\n%s", schema)
			}
		})
	}
}

// What stands where nothing needs it, twice or nowhere is said with file and line.
func TestMisplacedTables(t *testing.T) {
	t.Parallel()
	page := map[string]string{
		"functions/pages/home/home.go": orderPage, "shared/orders/orders.go": orderService, "schema/schema.hcl": orderSchema,
	}
	for _, tt := range []struct{ name, file, text, warning, problem string }{
		{
			"beside no service", "shared/parcels/schema.hcl", ownTables,
			"shared/parcels/schema.hcl:1: shared/parcels is no service", "",
		},
		{"beside no package", "shared/parcels/tables/schema.hcl", ownTables, "shared/parcels/tables/schema.hcl:1: nothing reads this file", ""},
		{"beside a function", "functions/pages/home/schema.hcl", ownTables, "functions/pages/home/schema.hcl:1: nothing reads this file", ""},
		{
			"a table of a service that is needed", "schema/schema.hcl", strings.Replace(orderSchema, `"order"`, `"user"`, 1),
			"", "/shared/auth/betterauth/schema.hcl:",
		},
		{
			"a table twice", "shared/orders/schema.hcl", "table \"order\" {\n  schema = schema.public\n  column \"id\" {\n    type = int\n  }\n}\n",
			"", "shared/orders/schema.hcl:1: the table order: schema/schema.hcl:3 has",
		},
		{
			"a table of nobody", "schema/schema.hcl", strings.Replace(orderSchema, "table.user", "table.person", 1),
			"", "schema/schema.hcl:16: there is no table person",
		},
		{
			"a name that a service has which nobody needs", "schema/schema.hcl",
			strings.Replace(orderSchema, `"order"`, `"api_key"`, 1) + strings.Replace(ownTables[len("schema \"public\" {}\n"):], "type = int", "type = uuid", 1) +
				"table \"line\" {\n  schema = schema.public\n  column \"mail\" {\n    type = uuid\n  }\n" +
				"  foreign_key \"line_mail\" {\n    columns     = [column.mail]\n    ref_columns = [table.api_key.column.id]\n  }\n}\n",
			"", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := newProject(t, page)
			write(t, root, "shared/parcels/parcels.go", "// Package parcels keeps parcels.\npackage parcels\n")
			write(t, root, tt.file, tt.text)
			result, err := generate.Write(t.Context(), root, nil)
			if tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) || tt.problem == "" && err != nil {
				t.Errorf("got %v, want %q", err, tt.problem)
			}
			if got := fmt.Sprint(result.Warnings); tt.warning != "" && !strings.Contains(got, tt.warning) || tt.warning == "" && len(result.Warnings) > 0 {
				t.Errorf("got the warnings %s, want %q", got, tt.warning)
			}
		})
	}
}
