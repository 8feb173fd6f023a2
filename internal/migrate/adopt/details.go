package adopt

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/snapshot"
)

//go:embed objects.sql
var objectsSQL string

//go:embed details.sql
var detailsSQL string

//go:embed left.sql
var leftSQL string

// details is what a snapshot does not say, and a new database needs.
type details struct {
	objects []object
	parents map[snapshot.Name]string // of tables that inherit, in a list of SQL
	// inherited are the columns and constraints that a table has from its parents.
	inherited map[part]bool
	left      []string
}

// object is something that is made by a statement of SQL.
type object struct {
	stage int // see objects.sql
	id    int64
	statement
	needs []int64
}

// statement is one of an SQL file.
type statement struct {
	sql   string
	proof string // an expression that is true once it has run
}

// schemas returns the PostgreSQL schemas to adopt: public, and those that the role owns.
// left says which others there are.
func schemas(ctx context.Context, conn *pgx.Conn) (names, left []string, err error) {
	const list = `SELECT nspname, nspname = 'public' OR pg_has_role(nspowner, 'USAGE') FROM pg_namespace
		WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'switchyard_internal') ORDER BY nspname`
	rows, err := conn.Query(ctx, list)
	if err != nil {
		return nil, nil, fmt.Errorf("read the PostgreSQL schemas: %w", err)
	}
	var name string
	var ours bool
	_, err = pgx.ForEachRow(rows, []any{&name, &ours}, func() error {
		switch {
		case name == "drizzle":
			left = append(left, "the PostgreSQL schema drizzle, where drizzle-kit keeps its record, is not described, and left alone")
		case ours:
			names = append(names, name)
		default:
			left = append(left, fmt.Sprintf("the PostgreSQL schema %s belongs to another role: it is not described, and left alone", name))
		}
		return nil
	})
	return names, left, err
}

// readDetails reads them in a transaction of its own.
func readDetails(ctx context.Context, conn *pgx.Conn, names []string) (d details, err error) {
	d = details{parents: map[snapshot.Name]string{}, inherited: map[part]bool{}}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return d, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, `SET LOCAL search_path = ''`); err != nil {
		return d, err
	}
	rows, _ := tx.Query(ctx, objectsSQL, names)
	var o object
	if _, err = pgx.ForEachRow(rows, []any{&o.stage, &o.id, &o.sql, &o.proof, &o.needs}, func() error {
		d.objects = append(d.objects, o)
		o.needs = nil
		return nil
	}); err != nil {
		return d, err
	}
	d.objects = inOrder(d.objects)
	rows, _ = tx.Query(ctx, detailsSQL, names)
	var table snapshot.Name
	var parents string
	var inherited []string
	if _, err = pgx.ForEachRow(rows, []any{&table.Schema, &table.Name, &parents, &inherited}, func() error {
		d.parents[table] = parents
		for _, name := range inherited {
			d.inherited[part{table, name}] = true
		}
		return nil
	}); err != nil {
		return d, err
	}
	rows, _ = tx.Query(ctx, leftSQL, names)
	d.left, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return d, err
}

// inOrder returns objects so that each comes after those it needs, and otherwise as they
// are.
func inOrder(objects []object) []object {
	made := map[int64]object{} // the first statement of an id makes it
	for _, o := range slices.Backward(objects) {
		made[o.id] = o
	}
	var sorted []object
	placed := map[string]bool{}
	var place func(o object)
	place = func(o object) {
		if placed[o.sql] {
			return
		}
		placed[o.sql] = true
		for _, id := range o.needs {
			if needed, ok := made[id]; ok && needed.stage == o.stage {
				place(needed)
			}
		}
		sorted = append(sorted, o)
	}
	for _, o := range objects {
		place(o)
	}
	return sorted
}
