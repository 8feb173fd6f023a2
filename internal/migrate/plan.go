package migrate

import (
	"context"
	"database/sql"
	"fmt"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	atlasschema "ariga.io/atlas/sql/schema"

	"switchyard/internal/schema"
)

// plan compares the database of conn, which url leads to, with the schema.
func plan(ctx context.Context, conn *sql.Conn, url string, source schema.Source) (Result, error) {
	want, err := desired(ctx, conn, url, source)
	if err != nil {
		return Result{}, err
	}
	driver, err := postgres.Open(conn)
	if err != nil {
		return Result{}, err
	}
	is, err := inspect(ctx, driver, want)
	if err != nil {
		return Result{}, fmt.Errorf("inspect the database: %w", err)
	}
	changes, err := driver.RealmDiff(is, want, atlasschema.DiffNormalized()) // else a rule that changed would pass for the same
	if err != nil {
		return Result{}, fmt.Errorf("compare the database with the schema: %w", err)
	}
	p, err := driver.PlanChanges(ctx, "migrate", changes)
	if err != nil {
		return Result{}, fmt.Errorf("plan: %w", err)
	}
	homes := source.Homes()
	r := Result{Destructive: losses(changes, homes)}
	for _, c := range p.Changes {
		if !p.Transactional {
			return Result{}, fmt.Errorf("the plan cannot run in one transaction: %s", c.Cmd)
		}
		r.Statements = append(r.Statements, Statement{SQL: c.Cmd, File: homes[tableOf(c.Source)]})
	}
	return r, nil
}

// tableOf returns the name in PostgreSQL of the table that a change is about, or "".
func tableOf(c atlasschema.Change) string {
	switch c := c.(type) {
	case *atlasschema.AddTable:
		return tableName(c.T)
	case *atlasschema.DropTable:
		return tableName(c.T)
	case *atlasschema.ModifyTable:
		return tableName(c.T)
	}
	return ""
}

func tableName(t *atlasschema.Table) string { return t.Schema.Name + "." + t.Name }

// desired returns what the schema says, in the words that PostgreSQL itself would
// use: it rewrites expressions, and a difference in wording only would be one for
// ever.
func desired(ctx context.Context, conn *sql.Conn, url string, source schema.Source) (*atlasschema.Realm, error) {
	file, err := source.Realm()
	if err != nil {
		return nil, err
	}
	var want *atlasschema.Realm
	err = scratch(ctx, conn, url, func(inside *sql.Conn) error {
		driver, err := postgres.Open(inside)
		if err != nil {
			return err
		}
		want, err = driver.(atlasschema.Normalizer).NormalizeRealm(ctx, file)
		if err != nil {
			return source.Refused(err)
		}
		return nil
	})
	return want, err
}

// inspect returns the part of the database that want speaks of. The schemas' own
// attributes (their comments) are left as they are: a Source does not set them.
func inspect(ctx context.Context, driver atlas.Driver, want *atlasschema.Realm) (*atlasschema.Realm, error) {
	o := &atlasschema.InspectRealmOption{}
	for _, s := range want.Schemas {
		o.Schemas = append(o.Schemas, s.Name)
	}
	is, err := driver.InspectRealm(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, s := range want.Schemas {
		s.Attrs = nil
		if there, ok := is.Schema(s.Name); ok {
			s.Attrs = there.Attrs
		}
	}
	return is, nil
}
