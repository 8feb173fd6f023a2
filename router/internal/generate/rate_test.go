package generate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

const callrateSource = `// Package callrate keeps rates.
package callrate

import (
	"context"

	"example.com/yard/shared/db"
)

type Rates struct{ db *db.DB }

func Open(_ context.Context, d *db.DB) (*Rates, error) { return &Rates{d}, nil }
`

const callrateTable = `table "call_rate" {
  schema = schema.public
  column "key" {
    type = uuid
  }
}
`

// limitedSource is a page with this RateLimit and these fields.
func limitedSource(name, rate, fields string) string {
	return fmt.Sprintf(`package %s

import (
	"net/http"
	"time"

	"example.com/yard/shared/db"
	"example.com/yard/shared/events"
	"example.com/yard/shared/fn"
)

var (
	_ = time.Minute
	_ *db.DB
	_ *events.Bus
)

var Spec = fn.Page{Route: "GET /%[1]s", Access: fn.Public, RateLimit: %s}

type Function struct{ %s }

func (Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
`, name, rate, fields)
}

// TestRates has the table of rates, and the service that uses it, where a low rate meets a
// function that uses the database, and nowhere else.
func TestRates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rate, fields string
		kept         bool
	}{
		"low, with the database":          {"fn.Rate{Limit: 600}", "DB *db.DB", true},
		"low, with the database far away": {"fn.Rate{Limit: 1, Per: 24 * time.Hour}", "Bus *events.Bus", true},
		"high, with the database":         {"fn.Rate{Limit: 11, Per: time.Second, By: fn.ByAddress}", "DB *db.DB", false},
		"low, without the database":       {"fn.Rate{Limit: 10, Per: time.Second}", "", false},
		"none":                            {"fn.Rate{}", "DB *db.DB", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := newModule(t, map[string]string{
				"shared/callrate/callrate.go": callrateSource, "shared/callrate/schema.hcl": callrateTable,
				"shared/auth/caller/caller.go": callerSource,
				"functions/page/page.go":       limitedSource("page", tt.rate, tt.fields),
			})
			if _, err := generate.Write(t.Context(), root, expression.Judge); err != nil {
				t.Fatal(err)
			}
			catalog, tables := read(t, root+"/"+generate.Output), read(t, root+"/"+generate.SchemaOutput)
			kept := []bool{strings.Contains(catalog, "Limits:"), strings.Contains(catalog, "callrate"), strings.Contains(tables, "call_rate")}
			if slices.Contains(kept, !tt.kept) {
				t.Errorf("%v\n%s", kept, catalog)
			}
			vet(t, root, "./router/catalog")
			behind, err := generate.Subset(t.Context(), root, generate.SubsetOptions{Functions: []string{"page"}, Behind: true})
			if err != nil || strings.Contains(string(behind[generate.Output]), "callrate") {
				t.Errorf("behind a router: %v\n%s", err, behind[generate.Output])
			}
		})
	}
}
