package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
)

// Changes says what changes in a database with the schema s when it is migrated to the schema
// to, a text for each change, in order of files: "shared/mail/schema.hcl: the column
// mail.subject is new". It needs no database. Its error is a *[Error].
func (s Source) Changes(to Source) ([]string, error) {
	before, err := s.Realm()
	if err != nil {
		return nil, err
	}
	after, err := to.Realm()
	if err != nil {
		return nil, err
	}
	changes, err := postgres.DefaultDiff.RealmDiff(before, after, atlas.DiffNormalized())
	if err != nil {
		return nil, fmt.Errorf("compare two schemas: %w", err)
	}
	was, err := s.homes()
	if err != nil {
		return nil, err
	}
	is, err := to.homes()
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, c := range changes {
		name := tableOf(c)
		for _, text := range describe(c) {
			texts = append(texts, cmp.Or(is[name], was[name], "the schema")+": "+text)
		}
	}
	texts = append(texts, scriptChanges(s, to)...)
	slices.Sort(texts)
	return texts, nil
}

// scriptChanges says which SQL files are new, changed or gone.
func scriptChanges(before, after Source) (texts []string) {
	was, is := before.scriptTexts(), after.scriptTexts()
	for name, text := range is {
		switch old, ok := was[name]; {
		case !ok:
			texts = append(texts, name+": the SQL file is new, and runs once")
		case old != text:
			texts = append(texts, name+": the SQL file changes, but files that ran are not run again: write what changes into a new file")
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			texts = append(texts, name+": the SQL file is no longer there; what it made stays")
		}
	}
	return texts
}

// scriptTexts returns the texts of the SQL files of s, by their names.
func (s Source) scriptTexts() map[string]string {
	texts := map[string]string{}
	for _, f := range s.Files() {
		if f.IsSQL() {
			texts[f.Name] = strings.TrimSpace(f.Text)
		}
	}
	return texts
}

// describe says what a change does to the tables.
func describe(c atlas.Change) []string {
	switch c := c.(type) {
	case *atlas.AddTable:
		return []string{"the table " + c.T.Name + " is new"}
	case *atlas.DropTable:
		return []string{"the table " + c.T.Name + " is no longer there"}
	case *atlas.ModifyTable:
		var texts []string
		for _, change := range c.Changes {
			texts = append(texts, describePart(c.T.Name, change))
		}
		return slices.Compact(texts)
	}
	return []string{"something other than its tables changes"}
}

// describePart says what a change does to a part of a table.
func describePart(table string, change atlas.Change) string {
	var column, done string
	switch c := change.(type) {
	case *atlas.AddColumn:
		column, done = c.C.Name, "is new"
	case *atlas.DropColumn:
		column, done = c.C.Name, "is no longer there"
	case *atlas.ModifyColumn:
		column, done = c.To.Name, "changes"
		if c.Change.Is(atlas.ChangeType) {
			done = fmt.Sprintf("becomes %s, was %s", typeName(c.To), typeName(c.From))
		}
	case *atlas.AddIndex:
		return fmt.Sprintf("the index %s is new", c.I.Name)
	case *atlas.DropIndex:
		return fmt.Sprintf("the index %s is no longer there", c.I.Name)
	case *atlas.ModifyIndex:
		return fmt.Sprintf("the index %s changes", c.To.Name)
	default:
		return fmt.Sprintf("the rules of the table %s change", table)
	}
	return fmt.Sprintf("the column %s.%s %s", table, column, done)
}

// tableOf returns the name in PostgreSQL of the table that a change is about, or "".
func tableOf(c atlas.Change) string {
	switch c := c.(type) {
	case *atlas.AddTable:
		return tableName(c.T)
	case *atlas.DropTable:
		return tableName(c.T)
	case *atlas.ModifyTable:
		return tableName(c.T)
	}
	return ""
}

func tableName(t *atlas.Table) string { return t.Schema.Name + "." + t.Name }

func typeName(c *atlas.Column) string {
	name, err := postgres.FormatType(c.Type.Type)
	if err != nil {
		return c.Type.Raw
	}
	return name
}

// homes returns the file of each table, by its name in PostgreSQL.
func (s Source) homes() (map[string]string, error) {
	parsed, err := s.parse()
	return parsed.homes(), err
}
