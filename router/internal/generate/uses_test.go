package generate_test

import (
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

const orderQueries = `package orders

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const table = ` + "`\"order\"`" + `

//go:embed purge.sql
var purge string

// All returns the owners.
func (s *Store) All(ctx context.Context, by string) error {
	_, err := s.db.Query(ctx, "SELECT owner FROM "+table+" ORDER BY "+by)
	return err
}

// Fill copies rows.
func (s *Store) Fill(ctx context.Context, name string) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("DELETE FROM %s", name))
		return err
	})
}
`

// The catalog says which tables and columns the SQL of the program names, that of the
// framework included; what cannot be known is said.
func TestUses(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"functions/pages/home/home.go": orderPage,
		"shared/orders/orders.go":      orderService,
		"shared/orders/queries.go":     orderQueries,
		"shared/orders/purge.sql":      "DELETE FROM audit RETURNING *;",
		"schema/schema.hcl":            orderSchema + "table \"audit\" {\n  schema = schema.public\n  column \"id\" {\n    type = int\n  }\n}\n",
		"functions/jobs/mail/mail.go":  lend("functions/jobs/mail", "mail.Spec"),
	}
	root := newProject(t, files)
	result, err := generate.Write(t.Context(), root, expression.Judge)
	if err != nil {
		t.Fatal(err)
	}
	catalog := read(t, filepath.Join(root, generate.Output))
	for _, want := range []string{
		`{"table":{"schema":"public","name":"audit"},"all":true}`,
		`{"table":{"schema":"public","name":"order"},"columns":["owner"]}`,
		`{"table":{"schema":"public","name":"outbox"},"columns":["attempts",`,
		"Uses:      uses,",
	} {
		if !strings.Contains(catalog, want) {
			t.Errorf("the catalog has no %s:\n%s", want, catalog)
		}
	}
	if len(result.Unknown) != 1 || !strings.HasPrefix(result.Unknown[0].String(), "shared/orders/queries.go:25: the name of a table is put") {
		t.Errorf("what is not known: got %v", result.Unknown)
	}
	vet(t, root, "./router/catalog")

	write(t, root, "shared/orders/queries.go", strings.Replace(orderQueries, "SELECT owner", "SELECT id, owner", 1))
	if result, err := generate.Check(t.Context(), root, expression.Judge); err != nil || len(result.Changed) != 1 {
		t.Errorf("a column more is read: got %v, %v, want a stale catalog", result.Changed, err)
	}
}
