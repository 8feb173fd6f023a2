package adopt

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
)

// plainName is what PostgreSQL writes without quotes, if it is no word of SQL.
var plainName = lazy.Regexp{Source: `^[a-z_][a-z0-9_]*$`}

// typeName returns the name of a type as format_type writes it.
func typeName(n snapshot.Name) string {
	names := []string{n.Schema, n.Name}
	for i, name := range names {
		if !plainName.Get().MatchString(name) {
			names[i] = sqlIdentifier(name)
		}
	}
	return strings.Join(names, ".")
}

func sqlIdentifier(name string) string { return pgx.Identifier{name}.Sanitize() }

// literalText returns s as a literal of SQL.
func literalText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// neededBefore reports whether a statement that runs before tables names the enum.
func (w *writer) neededBefore(e snapshot.Enum) bool {
	for _, o := range w.more.objects {
		if o.stage == 0 && strings.Contains(o.sql, typeName(e.Name)) {
			return true
		}
	}
	return false
}

// say adds a statement about tables to those of its kind.
func (w *writer) say(kind int, proof, sql string, args ...any) {
	w.parts[kind] = append(w.parts[kind], statement{sql: fmt.Sprintf(sql, args...), proof: proof})
}

// sqlTable says in SQL all of a table that HCL cannot say.
func (w *writer) sqlTable(t snapshot.Table) {
	name := t.Quoted()
	var columns []string
	for _, c := range t.Columns {
		if !w.more.inherited[part{t.Name, c.Name}] {
			columns = append(columns, "\n\t"+sqlColumn(c))
		}
	}
	tail := ""
	if t.Partition != "" {
		tail += " PARTITION BY " + t.Partition
	}
	if p := w.more.parents[t.Name]; p != "" {
		tail += " INHERITS (" + p + ")"
	}
	w.say(tables, "to_regclass("+literalText(name)+") IS NOT NULL", "CREATE TABLE %s (%s\n)%s", name, strings.Join(columns, ","), tail)
	for _, c := range t.Constraints {
		w.sqlConstraint(t, c)
	}
	for _, i := range t.Indexes {
		w.sqlIndex(t, i)
	}
	if t.Comment != "" {
		w.say(settings, "obj_description(to_regclass("+literalText(name)+")) IS NOT NULL", "COMMENT ON TABLE %s IS %s", name, literalText(t.Comment))
	}
	for _, c := range t.Columns {
		if c.Comment != "" {
			w.say(settings, "", "COMMENT ON COLUMN %s.%s IS %s", name, sqlIdentifier(c.Name), literalText(c.Comment))
		}
	}
	w.sqlSettings(t)
}

// sqlColumn returns the definition of c.
func sqlColumn(c snapshot.Column) string {
	d := sqlIdentifier(c.Name) + " " + c.Type
	if c.Serial {
		d = sqlIdentifier(c.Name) + " " + serials[c.Type]
	}
	if c.Collation != "" {
		d += " COLLATE " + c.Collation
	}
	if c.Default != "" {
		d += " DEFAULT " + c.Default
	}
	if c.Generated != "" {
		d += " GENERATED ALWAYS AS (" + c.Generated + ") STORED"
	}
	if i := c.Identity; i != nil {
		d += fmt.Sprintf(" GENERATED %s AS IDENTITY (START %d INCREMENT %d)", map[bool]string{true: "ALWAYS", false: "BY DEFAULT"}[i.Always], i.Start, i.Increment)
	}
	if c.NotNull {
		d += " NOT NULL"
	}
	return d
}

// sqlSerial says in SQL that a column is serial that may be null, which HCL does not allow.
func (w *writer) sqlSerial(t snapshot.Table, c snapshot.Column) {
	sequence := snapshot.Name{Schema: t.Schema, Name: t.Name.Name + "_" + c.Name + "_seq"}.Quoted()
	column := sqlIdentifier(c.Name)
	proof := fmt.Sprintf("pg_get_serial_sequence(%s, %s) IS NOT NULL", literalText(t.Quoted()), literalText(c.Name))
	w.say(tables, proof, "CREATE SEQUENCE %s AS %s OWNED BY %s.%s", sequence, c.Type, t.Quoted(), column)
	w.say(tables, proof, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT nextval(%s)", t.Quoted(), column, literalText(sequence))
}

// sqlConstraint says a constraint in SQL.
func (w *writer) sqlConstraint(t snapshot.Table, c snapshot.Constraint) {
	if w.more.inherited[part{t.Name, c.Name}] {
		return
	}
	kind := keysAndRules
	if c.Kind == snapshot.ForeignKey {
		kind = foreignKeys
	}
	definition := c.Definition
	if c.NotValid {
		definition += " NOT VALID"
	}
	w.say(kind, isConstraint(t.Name, c.Name), "ALTER TABLE %s ADD CONSTRAINT %s %s", t.Quoted(), sqlIdentifier(c.Name), definition)
}

// sqlIndex says an index in SQL.
func (w *writer) sqlIndex(t snapshot.Table, i snapshot.Index) {
	name := snapshot.Name{Schema: t.Schema, Name: i.Name}.Quoted()
	definition := i.Definition
	if t.Partition != "" {
		definition = strings.Replace(definition, " ON ONLY ", " ON ", 1)
	}
	w.say(keysAndRules, "to_regclass("+literalText(name)+") IS NOT NULL", "%s", definition)
	if i.Comment != "" {
		w.say(settings, "obj_description(to_regclass("+literalText(name)+")) IS NOT NULL", "COMMENT ON INDEX %s IS %s", name, literalText(i.Comment))
	}
}

// sqlSettings says in SQL what else HCL cannot say of a table.
func (w *writer) sqlSettings(t snapshot.Table) {
	name := t.Quoted()
	is := func(column string) string {
		return fmt.Sprintf("(SELECT %s FROM pg_class WHERE oid = to_regclass(%s))", column, literalText(name))
	}
	if t.Unlogged {
		w.say(tables, is("relpersistence")+" = 'u'", "ALTER TABLE %s SET UNLOGGED", name)
	}
	if t.RowSecurity {
		w.say(settings, is("relrowsecurity"), "ALTER TABLE %s ENABLE ROW LEVEL SECURITY", name)
	}
	if t.ForceRowSecurity {
		w.say(settings, is("relforcerowsecurity"), "ALTER TABLE %s FORCE ROW LEVEL SECURITY", name)
	}
}

// sqlFiles returns the SQL files, without those that would say nothing.
func (w *writer) sqlFiles() (files []schema.File) {
	before, after := w.statements()
	if len(before) > 0 {
		files = append(files, schema.File{Name: beforeFile, Text: sqlText("before", before)})
	}
	if len(after) > 0 {
		files = append(files, schema.File{Name: afterFile, Text: sqlText("after", after)})
	}
	return files
}

// statements returns what runs before tables are made, and what after.
func (w *writer) statements() (before, after []statement) {
	for _, e := range w.is.Enums {
		if name := w.before[e.Name]; name != "" {
			values := make([]string, len(e.Values))
			for i, v := range e.Values {
				values[i] = literalText(v)
			}
			before = append(before, statement{"CREATE TYPE " + name + " AS ENUM (" + strings.Join(values, ", ") + ")", "to_regtype(" + literalText(name) + ") IS NOT NULL"})
		}
	}
	var last []statement
	for _, o := range w.more.objects {
		switch o.stage {
		case 0:
			before = append(before, o.statement)
		case 1:
			w.parts[partitions] = append(w.parts[partitions], o.statement)
		default:
			last = append(last, o.statement)
		}
	}
	for _, kind := range w.parts {
		after = append(after, kind...)
	}
	return before, append(after, last...)
}

// sqlText returns the text of an SQL file that runs before the tables are made, or after.
// PostgreSQL does not look into functions then, which may name what comes after them.
func sqlText(when string, statements []statement) string {
	var b strings.Builder
	b.WriteString("-- +" + when + "\nSET LOCAL check_function_bodies = off;\n")
	for _, s := range statements {
		b.WriteString("\n")
		if s.proof != "" {
			b.WriteString("-- +check " + s.proof + "\n")
		}
		b.WriteString(s.sql + ";\n")
	}
	return b.String()
}
