package generate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

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
	if err != nil || strings.Contains(string(subset[generate.Output]), "shared/orders") {
		t.Errorf("a part of the functions: %v\n%s", err, subset[generate.Output])
	}
}

// What is wrong with lending is said where the project lends.
func TestBadlyLent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, source, want string }{
		{"a function that went", "functions/pages/gone/gone.go", lend("functions/pages/gone", "gone.Spec"), "functions/pages/gone/gone.go:8: functions/pages/gone lends"},
		{
			"a module that is not required", "functions/pages/gone/gone.go", lendOf("example.com/nobody/functions/pages/gone", "gone", "gone.Spec"),
			"functions/pages/gone/gone.go:8: functions/pages/gone lends example.com/nobody/functions/pages/gone, and go.mod requires no module that has it",
		},
		{
			"a function of one's own that went", "functions/pages/gone/gone.go", lendOf("example.com/acme/orders/functions/pages/nowhere", "gone", "nowhere.Spec"),
			"functions/pages/gone/gone.go:8: functions/pages/gone lends functions/pages/nowhere, and there is no such function",
		},
		{
			"itself", "functions/pages/gone/gone.go", lendOf("example.com/acme/orders/functions/pages/gone", "gone", "gone.Spec"), "functions/pages/gone/gone.go:8: functions/pages/gone lends itself",
		},
		{
			"more than a function", "functions/pages/signin/signin.go", lend("functions/pages/signin", "signin.Spec\n\nfunc init() {}"),
			"functions/pages/signin/signin.go:12: a folder that lends a function has its Function and its Spec, and nothing else",
		},
		{
			"the Spec of another function", "functions/pages/signin/signin.go",
			lend("functions/pages/signin", "fn.Page{Route: \"/login\"}"), "functions/pages/signin/signin.go:11: the Spec of a lent function is the lender's",
		},
		{
			"no Spec", "functions/pages/signin/signin.go",
			"package signin\n\nimport \"FRAMEWORK/functions/pages/signin\"\n\ntype Function = signin.Function\n",
			"functions/pages/signin/signin.go:1: functions/pages/signin lends a function, but has no Spec: want var Spec = signin.Spec",
		},
		{
			"a Spec that is a type", "functions/pages/signin/signin.go",
			"package signin\n\nimport \"FRAMEWORK/functions/pages/signin\"\n\ntype Function = signin.Function\n\ntype Spec int\n", "lends a function, but has no Spec",
		},
		{
			"a change that stands elsewhere", "functions/pages/signin/signin.go",
			lend("functions/pages/signin", "fn.Change(signin.Spec, change)\n\nfunc change(*fn.Page) {}"), "functions/pages/signin/signin.go:11: the change of a Spec is a function that is written down",
		},
		{
			"a route that is computed", "functions/pages/signin/signin.go",
			lend("functions/pages/signin", `fn.Change(signin.Spec, func(s *fn.Page) { s.Route = s.Route + "x" })`), "functions/pages/signin/signin.go:11: Route is computed",
		},
		{
			"a function in a service", "shared/orders/orders.go", strings.Replace(orderService, "\"context\"", "\"context\"\n\t_ \"FRAMEWORK/functions/pages/signin\"", 1),
			"shared/orders/orders.go:6: shared/orders imports ",
		},
		{
			"a computed Spec", "functions/pages/signin/signin.go",
			lend("functions/pages/signin", `fn.Change(signin.Spec, func(s *fn.Page) { s.Route += "x" })`), "functions/pages/signin/signin.go:11: this change of a Spec cannot be read",
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
			"package other\n\nimport \"FRAMEWORK/router/wire\"\n\nvar _ wire.Program\n", "a function knows nothing of the router that runs it",
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

// What is wrong with one of two loans is in the source that both lend: both are named.
func TestLentTwice(t *testing.T) {
	t.Parallel()
	const lender = "functions/api/webhooks/receive"
	root := newProject(t, map[string]string{
		lender + "/receive.go":                lend(lender, "receive.Spec"),
		"functions/api/webhooks2/receive2.go": lend(lender, `fn.Change(receive.Spec, func(s *fn.Endpoint) { s.Route = "POST /api/hooks/{topic}" })`),
	})
	_, err := generate.Write(t.Context(), root, expression.Judge)
	const want = ", lent by functions/api/webhooks/receive and functions/api/webhooks2)"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// What is wrong with the source of a lender is said where the project lends it.
func TestBadLender(t *testing.T) {
	t.Parallel()
	const at = "functions/jobs/send/send.go:8: "
	const file = "library/functions/jobs/parcels/send/send.go"
	for old, tt := range map[string]struct{ text, want string }{
		`"event.data.weight > 0"`: {`"event.data.weight >"`, at + "If "},
		"fn.Job{":                 {"fn.Jobs{", at + "undefined: fn.Jobs (example.com/library/functions/jobs/parcels/send/send.go:13, lent by functions/jobs/send)"},
		"func (Function) Handle":  {"func (Function) Handel", at + "Function has no Handle"},
		"Post    config.Post":     {"Post    *config.Post", at + "the field Post of Function is a *config.Post: take the section by value"},
	} {
		t.Run(old, func(t *testing.T) {
			t.Parallel()
			files := library()
			files["functions/jobs/send/send.go"] = lendOf("example.com/library/functions/jobs/parcels/send", "send", "send.Spec")
			files[file] = strings.Replace(files[file], old, tt.text, 1)
			_, err := generate.Write(t.Context(), newProject(t, files), expression.Judge)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
