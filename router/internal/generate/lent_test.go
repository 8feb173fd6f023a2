package generate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

// newProject makes a project that requires this module, which stands in a folder.
func newProject(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	here, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	mod := read(t, filepath.Join(here, "go.mod"))
	framework := strings.Fields(mod)[1]
	_, requires, _ := strings.Cut(mod, "\n")
	requires, _, _ = strings.Cut(requires, "\ntool ")
	write(t, root, "go.mod", "module example.com/acme/orders\n"+requires+
		"\nrequire "+framework+" v0.0.0\n\nreplace "+framework+" => "+here+"\n")
	write(t, root, "go.sum", read(t, filepath.Join(here, "go.sum")))
	for name, text := range files {
		write(t, root, name, strings.ReplaceAll(text, "FRAMEWORK", framework))
	}
	return root
}

// lend is the source of a function that is lent as spec says.
func lend(importPath, spec string) string {
	_, name, _ := strings.Cut(importPath[strings.LastIndex(importPath, "/"):], "/")
	imports := "\"FRAMEWORK/" + importPath + "\"\n"
	if strings.Contains(spec, "fn.") {
		imports += "\t\"FRAMEWORK/shared/fn\"\n"
	}
	return "// Package " + name + " is lent.\npackage " + name + "\n\nimport (\n\t" + imports + ")\n\ntype Function = " + name + ".Function\n\nvar Spec = " + spec + "\n"
}

const orderSchema = `schema "public" {}

table "order" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "owner" {
    type = text
  }
  primary_key {
    columns = [column.id]
  }
  foreign_key "order_owner" {
    columns     = [column.owner]
    ref_columns = [table.user.column.id]
  }
}
`

const orderService = `// Package orders keeps orders.
package orders

import (
	"context"

	"FRAMEWORK/shared/db"
)

// Store keeps orders.
type Store struct{ db *db.DB }

// Open returns the store.
func Open(_ context.Context, d *db.DB) (*Store, error) { return &Store{d}, nil }
`

const orderPage = `// Package home is the first page.
package home

import (
	"net/http"

	"FRAMEWORK/shared/fn"
	"FRAMEWORK/shared/ui"
	"example.com/acme/orders/shared/orders"
)

var Spec = fn.Page{Route: "GET /{$}", Summary: "Home"}

type Function struct {
	Orders *orders.Store
	UI     *ui.Kit
}

func (Function) ServeHTTP(http.ResponseWriter, *http.Request) {}
`

// A project has functions and services of its own, and lends those of the framework.
func TestLent(t *testing.T) {
	t.Parallel()
	root := newProject(t, map[string]string{
		"functions/pages/home/home.go":        orderPage,
		"functions/pages/signin/signin.go":    lend("functions/pages/signin", `fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "/login" })`),
		"functions/pages/account/account.go":  lend("functions/pages/account", "account.Spec"),
		"functions/api/webhooks/receive/r.go": lend("functions/api/webhooks/receive", "receive.Spec"),
		"functions/jobs/mail/mail.go":         lend("functions/jobs/mail", "mail.Spec"),
		"shared/orders/orders.go":             orderService,
		"schema/schema.hcl":                   orderSchema,
	})
	result, err := generate.Write(t.Context(), root, expression.Judge)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Warnings) > 0 || result.Functions != 5 || result.Events != 2 {
		t.Errorf("got %v %q, want 5 functions, two events, and no warning", result, result.Warnings)
	}
	vet(t, root, "./...")
	catalog := read(t, filepath.Join(root, generate.Output))
	for _, want := range []string{
		`Pages: []string{"/", "/account", "/login"}`, "Title: \"Orders\"", `pagesSignin "example.com/acme/orders/functions/pages/signin"`,
		`"shared/mail"`, "betterauth.Open(",
	} {
		if !strings.Contains(catalog, want) {
			t.Errorf("the catalog has no %s:\n%s", want, catalog)
		}
	}
	schema := read(t, filepath.Join(root, generate.SchemaOutput))
	for name, want := range map[string]bool{
		`table "order"`: true, `table "user"`: true, `table "outbox"`: true, `table "mail"`: true, `table "api_key"`: false, `table "file"`: false,
		"// ==> schema/schema.hcl": true, "/shared/mail/schema.hcl": true,
	} {
		if strings.Contains(schema, name) != want {
			t.Errorf("%s in the schema: want %t", name, want)
		}
	}
	subset, err := generate.Subset(t.Context(), root, generate.SubsetOptions{Functions: []string{"pages/signin"}})
	if err != nil || strings.Contains(string(subset), "shared/orders") {
		t.Errorf("a part of the functions: %v\n%s", err, subset)
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

// What is wrong with lending is said where the project lends.
func TestBadlyLent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, source, want string }{
		{"a function that went", "functions/pages/gone/gone.go", lend("functions/pages/gone", "gone.Spec"), "functions/pages/gone/gone.go:8: functions/pages/gone lends"},
		{
			"a computed Spec", "functions/pages/signin/signin.go",
			lend("functions/pages/signin", `fn.Change(signin.Spec, func(s *fn.Page) { s.Route += "x" })`), "functions/pages/signin/signin.go:11: the Spec of a lent function",
		},
		{
			"a route that is taken", "functions/pages/signin/signin.go",
			lend("functions/pages/signin", `fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "GET /{$}" })`), "conflicts with",
		},
		{
			"a call in place of lending", "functions/pages/other/other.go",
			"package other\n\nimport \"FRAMEWORK/functions/pages/signin\"\n\nvar Spec = signin.Spec\n\ntype Function struct{ signin.Function }\n", "other.go:3: functions/pages/other imports the function",
		},
		{
			"the router", "functions/pages/other/other.go",
			"package other\n\nimport \"FRAMEWORK/router/wire\"\n\nvar _ wire.Program\n", "of the framework, a function may import shared/ alone",
		},
		{
			"a service of the same name", "shared/mail/mail.go",
			"package mail\n\nimport \"context\"\n\ntype Queue struct{}\n\nfunc Open(context.Context) (*Queue, error) { return &Queue{}, nil }\n", "there are two services called mail",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := newProject(t, map[string]string{
				"functions/pages/home/home.go": orderPage, "shared/orders/orders.go": orderService, tt.file: tt.source,
			})
			_, err := generate.Write(t.Context(), root, expression.Judge)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(root, generate.Output)); err == nil {
				t.Error("a catalog was written")
			}
		})
	}
}
