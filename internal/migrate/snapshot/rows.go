package snapshot

import (
	"github.com/jackc/pgx/v5"

	"switchyard/internal/lazy"
)

// read reads the answers to the queries, in their order.
func (s *Snapshot) read(answers pgx.BatchResults) error {
	if err := collect(answers, &s.Schemas, pgx.RowTo[string]); err != nil {
		return err
	}
	if err := collect(answers, &s.Tables, readTable); err != nil {
		return err
	}
	tables := make(map[Name]*Table, len(s.Tables))
	for i := range s.Tables {
		tables[s.Tables[i].Name] = &s.Tables[i]
	}
	for _, part := range []partReader{readColumn, readConstraint, readIndex} {
		if err := readParts(answers, tables, part); err != nil {
			return err
		}
	}
	if err := collect(answers, &s.Enums, readEnum); err != nil {
		return err
	}
	return collect(answers, &s.Objects, readObject)
}

func collect[T any](answers pgx.BatchResults, all *[]T, read pgx.RowToFunc[T]) error {
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	*all, err = pgx.CollectRows(rows, read)
	return err
}

// partReader reads a part of a table. It returns the name of the table, and what adds the
// part to it.
type partReader func(pgx.CollectableRow) (of Name, add func(*Table), err error)

// readParts reads parts of tables. Those of tables that belong to an extension are passed
// over.
func readParts(answers pgx.BatchResults, tables map[Name]*Table, read partReader) error {
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		of, add, err := read(rows)
		if err != nil {
			return err
		}
		if t := tables[of]; t != nil {
			add(t)
		}
	}
	return rows.Err()
}

func readTable(row pgx.CollectableRow) (t Table, err error) {
	err = row.Scan(&t.Schema, &t.Name.Name, &t.Partition, &t.Unlogged, &t.RowSecurity, &t.ForceRowSecurity, &t.Comment)
	return t, err
}

func readColumn(row pgx.CollectableRow) (of Name, add func(*Table), err error) {
	var c Column
	var kind string
	var i Identity
	err = row.Scan(&of.Schema, &of.Name, &c.Name, &c.Type, &c.Collation, &c.NotNull, &c.Default, &c.Serial, &c.Generated, &c.Comment,
		&kind, &i.Start, &i.Increment)
	if kind != "" {
		i.Always = kind == "a"
		c.Identity = &i
	}
	return of, func(t *Table) { t.Columns = append(t.Columns, c) }, err
}

func readConstraint(row pgx.CollectableRow) (of Name, add func(*Table), err error) {
	var c Constraint
	var schema, name *string
	err = row.Scan(&of.Schema, &of.Name, &c.Name, &c.Kind, &c.Definition, &c.Columns, &schema, &name, &c.NotValid, &c.Comment)
	if schema != nil && name != nil {
		c.References = &Name{Schema: *schema, Name: *name}
	}
	c.Definition = canonical(c.Definition)
	return of, func(t *Table) { t.Constraints = append(t.Constraints, c) }, err
}

func readIndex(row pgx.CollectableRow) (of Name, add func(*Table), err error) {
	var x Index
	err = row.Scan(&of.Schema, &of.Name, &x.Name, &x.Unique, &x.Definition, &x.Columns, &x.Invalid, &x.Comment)
	x.Definition = canonical(x.Definition)
	return of, func(t *Table) { t.Indexes = append(t.Indexes, x) }, err
}

// castList is how PostgreSQL writes a list of texts for a column of type varchar: the list
// is cast. If it reads that again, it casts each text instead.
var (
	castList = lazy.Regexp{Source: `\(ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]`}
	castText = lazy.Regexp{Source: `'(?:[^']|'')*'::character varying`}
)

// canonical writes a definition as PostgreSQL would, had it read what it wrote.
func canonical(definition string) string {
	return castList.Get().ReplaceAllStringFunc(definition, func(list string) string {
		texts := castText.Get().ReplaceAllString(castList.Get().FindStringSubmatch(list)[1], "($0)::text")
		return "ARRAY[" + texts + "]"
	})
}

func readEnum(row pgx.CollectableRow) (e Enum, err error) {
	err = row.Scan(&e.Schema, &e.Name.Name, &e.Values, &e.Comment)
	return e, err
}

func readObject(row pgx.CollectableRow) (o Object, err error) {
	var on *string
	if err = row.Scan(&o.Kind, &o.Schema, &o.Name.Name, &on, &o.Definition, &o.Reads); on != nil {
		o.On = &Name{Schema: o.Schema, Name: *on}
	}
	return o, err
}
