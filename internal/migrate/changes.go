package migrate

import (
	"cmp"
	"fmt"
	"slices"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// Changes says what becomes of a database with the schema s when it is migrated to
// another, a text each, in order of files: "shared/mail/schema.hcl: the column
// mail.subject is new". It needs no database; its error is a *[SchemaError].
func (s Schema) Changes(to Schema) ([]string, error) {
	before, err := s.read()
	if err != nil {
		return nil, err
	}
	after, err := to.read()
	if err != nil {
		return nil, err
	}
	changes, err := postgres.DefaultDiff.RealmDiff(before, after, schema.DiffNormalized())
	if err != nil {
		return nil, fmt.Errorf("compare two schemas: %w", err)
	}
	was, is := s.homes(), to.homes()
	var texts []string
	for _, c := range changes {
		name := tableOf(c)
		for _, text := range describe(c) {
			texts = append(texts, cmp.Or(is[name], was[name], "the schema")+": "+text)
		}
	}
	slices.Sort(texts)
	return texts, nil
}

// describe says what a change does to the tables.
func describe(c schema.Change) []string {
	switch c := c.(type) {
	case *schema.AddTable:
		return []string{"the table " + c.T.Name + " is new"}
	case *schema.DropTable:
		return []string{"the table " + c.T.Name + " is no longer there"}
	case *schema.ModifyTable:
		var texts []string
		for _, change := range c.Changes {
			texts = append(texts, describePart(c.T.Name, change))
		}
		return slices.Compact(texts)
	}
	return []string{"something other than its tables changes"}
}

// describePart says what a change does to a part of a table.
func describePart(table string, change schema.Change) string {
	var column, done string
	switch c := change.(type) {
	case *schema.AddColumn:
		column, done = c.C.Name, "is new"
	case *schema.DropColumn:
		column, done = c.C.Name, "is no longer there"
	case *schema.ModifyColumn:
		column, done = c.To.Name, "changes"
		if c.Change.Is(schema.ChangeType) {
			done = fmt.Sprintf("becomes %s, was %s", typeName(c.To), typeName(c.From))
		}
	case *schema.AddIndex:
		return fmt.Sprintf("the index %s is new", c.I.Name)
	case *schema.DropIndex:
		return fmt.Sprintf("the index %s is no longer there", c.I.Name)
	case *schema.ModifyIndex:
		return fmt.Sprintf("the index %s changes", c.To.Name)
	default:
		return fmt.Sprintf("the rules of the table %s change", table)
	}
	return fmt.Sprintf("the column %s.%s %s", table, column, done)
}
