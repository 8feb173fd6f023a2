package schema

import (
	"context"
	"fmt"

	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
)

// Creation is a statement that makes a part of a schema.
type Creation struct {
	SQL  string
	Does string // what it does, in words of Atlas that [Source.Refused] knows: create "user" table
}

// Create returns the SQL that makes what s says in an empty database, without its
// PostgreSQL schemas, which are there, and without SQL files. Its error is a *[SchemaError].
func (s Source) Create(ctx context.Context) ([]Creation, error) {
	realm, err := s.Realm()
	if err != nil {
		return nil, err
	}
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
	var statements []Creation
	for _, c := range p.Changes {
		statements = append(statements, Creation{SQL: c.Cmd, Does: c.Comment})
	}
	return statements, nil
}

// Namespaces returns the names of the PostgreSQL schemas that s is about, in order.
func (s Source) Namespaces() ([]string, error) {
	realm, err := s.Realm()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, one := range realm.Schemas {
		names = append(names, one.Name)
	}
	return names, nil
}
