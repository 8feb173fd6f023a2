package schema

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
)

// Description is a schema that was read.
type Description struct {
	Namespaces []string   // the PostgreSQL schemas that it is about, in order
	Create     []Creation // makes its tables and enums in an empty database that has these
	Scripts    []Script   // its SQL files
	Renames    []Rename
	Homes      map[string]string // the file of each table, by its name in PostgreSQL: "public.user"
}

// Creation is a statement that makes a part of a schema.
type Creation struct {
	SQL  string
	Does string // what it does, in words of Atlas that [Source.Refused] knows: create "user" table
}

// Read reads all of s at once. Its error is a *[Error], as that of [Source.Check].
func (s Source) Read(ctx context.Context) (*Description, error) {
	d := &Description{}
	var sqlErr error
	d.Scripts, sqlErr = s.Scripts()
	parsed, hclErr := s.checked()
	if err := wrong(append(problemsOf(hclErr), problemsOf(sqlErr)...)); err != nil {
		return nil, err
	}
	d.Homes, d.Renames = parsed.homes(), parsed.renames()
	realm, err := s.realm(parsed)
	if err != nil {
		return nil, err
	}
	for _, one := range realm.Schemas {
		d.Namespaces = append(d.Namespaces, one.Name)
	}
	d.Create, err = create(ctx, realm)
	return d, err
}

// create returns the SQL that makes a realm, whose PostgreSQL schemas are there.
func create(ctx context.Context, realm *atlas.Realm) (statements []Creation, err error) {
	empty := &atlas.Realm{}
	for _, one := range realm.Schemas {
		empty.AddSchemas(atlas.New(one.Name))
	}
	changes, err := postgres.DefaultDiff.RealmDiff(empty, realm)
	if err != nil {
		return nil, fmt.Errorf("order the tables: %w", err)
	}
	p, err := postgres.DefaultPlan.PlanChanges(ctx, "create", changes)
	if err != nil {
		return nil, fmt.Errorf("write the tables as SQL: %w", err)
	}
	for _, c := range p.Changes {
		if made, ok := c.Source.(*atlas.AddTable); ok && isUnlogged(made.T) {
			c.Cmd = strings.Replace(c.Cmd, "CREATE TABLE", "CREATE UNLOGGED TABLE", 1)
		}
		statements = append(statements, Creation{SQL: c.Cmd, Does: c.Comment})
	}
	return statements, nil
}

func isUnlogged(t *atlas.Table) bool {
	return slices.ContainsFunc(t.Attrs, func(a atlas.Attr) bool { _, ok := a.(*unlogged); return ok })
}
