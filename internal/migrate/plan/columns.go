package plan

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

// columnSpec returns a column as CREATE TABLE and ADD COLUMN take it.
func columnSpec(c snapshot.Column) string {
	var b strings.Builder
	b.WriteString(quote(c.Name) + " ")
	if c.Serial {
		b.WriteString(map[string]string{"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}[c.Type])
	} else {
		b.WriteString(c.Type)
	}
	if c.Collation != "" {
		b.WriteString(" COLLATE " + c.Collation)
	}
	if c.NotNull {
		b.WriteString(" NOT NULL")
	}
	switch {
	case c.Generated != "":
		b.WriteString(" GENERATED ALWAYS AS (" + c.Generated + ") STORED")
	case c.Identity != nil:
		b.WriteString(" " + identitySpec(*c.Identity))
	case c.Default != "":
		b.WriteString(" DEFAULT " + c.Default)
	}
	return b.String()
}

func identitySpec(i snapshot.Identity) string {
	return fmt.Sprintf("GENERATED %s AS IDENTITY (START WITH %d INCREMENT BY %d)", generation(i), i.Start, i.Increment)
}

func generation(i snapshot.Identity) string {
	if i.Always {
		return "ALWAYS"
	}
	return "BY DEFAULT"
}

// What stands in an expression as PostgreSQL writes it.
var (
	texts     = lazy.Regexp{Source: `'(?:[^']|'')*'`}
	modifiers = lazy.Regexp{Source: `\(\d+(?:,\d+)?\)`} // of types: varchar(20)
	// steady are functions whose value is the same for all rows of a statement.
	steady = lazy.Regexp{Source: `\b(?:now|transaction_timestamp|statement_timestamp|timezone|to_char|lower|upper|md5|decode|jsonb?_build_(?:object|array))\(`}
	call   = lazy.Regexp{Source: `[A-Za-z_0-9"]\(`}
)

// volatile reports whether each row may get another value by a default. If not, PostgreSQL
// adds the column at once, without writing a row. A function that is not known to be steady
// counts as volatile.
func volatile(expression string) bool {
	bare := modifiers.Get().ReplaceAllString(texts.Get().ReplaceAllString(expression, "''"), "")
	return call.Get().MatchString(steady.Get().ReplaceAllString(bare, "("))
}

func (t *table) addColumn(want snapshot.Column) {
	object := of(t.want.Name, want.Name)
	s := Step{SQL: t.alter("ADD COLUMN " + columnSpec(want)), Object: object}
	valued := want.Default != "" || want.Serial || want.Identity != nil || want.Generated != ""
	if want.NotNull && !valued {
		t.addRequired(want, s)
		return
	}
	switch {
	case !t.is.Stats.HasRows:
	case want.Serial || want.Default != "" && volatile(want.Default):
		t.addFilled(want)
		return
	case want.Identity != nil || want.Generated != "":
		s.slow(t.is, object)
	}
	t.step(expand, s)
}

// addRequired adds a column that must have a value, and has no default.
func (t *table) addRequired(want snapshot.Column, s Step) {
	object := of(t.want.Name, want.Name)
	later := slices.ContainsFunc(t.Scripts, func(f PendingScript) bool { return !f.Before })
	switch {
	case !t.is.Stats.HasRows:
		t.breaking(&s, "writes rows without it", object, writes(t.want.Name))
		t.step(expand, s)
	case later: // the SQL file fills it
		nullable := want
		nullable.NotNull = false
		s.SQL = t.alter("ADD COLUMN " + columnSpec(nullable))
		t.step(expand, s)
		t.notNull(want)
	default:
		s.Class = Unsupported
		s.Why = fmt.Sprintf("the rows that are there would have no value in %s. Give it a default; or fill it by an SQL file with -- +batches in the same release; or let it be null = true now, and not a release later", object)
		t.step(expand, s)
	}
}

// addFilled adds a column whose rows each get a value of their own: at first only rows
// that come have it, then the others get one in batches. While that lasts, a check is there
// by which the next run knows what a killed one left. It is always true: others may change
// rows that have no value yet.
func (t *table) addFilled(want snapshot.Column) {
	object, column := of(t.want.Name, want.Name), want
	column.NotNull, column.Default, column.Serial = false, "", false
	def := want.Default
	if want.Serial {
		sequence := t.sequence(want)
		t.step(expand, Step{SQL: fmt.Sprintf("CREATE SEQUENCE %s AS %s", sequence, want.Type), Object: object, Group: filled})
		def = "nextval(" + literal(sequence) + ")"
	}
	t.step(expand, Step{SQL: t.alter("ADD COLUMN " + columnSpec(column)), Object: object, Group: filled})
	if want.Serial {
		t.step(expand, Step{SQL: fmt.Sprintf("ALTER SEQUENCE %s OWNED BY %s.%s", t.sequence(want), t.want.Quoted(), quote(want.Name)), Object: object, Group: filled})
	}
	marker := "ADD CONSTRAINT " + quote(under(filling, want.Name)) + " CHECK (" + quote(want.Name) + " IS NOT NULL OR true) NOT VALID"
	t.step(expand, Step{
		SQL: t.alter("ALTER COLUMN "+quote(want.Name)+" SET DEFAULT "+def, marker), Object: object, Group: filled,
		Why: "rows that come have a value; those that are there get one in the next steps",
	})
	t.fillRows(want)
}

// filled is the group of what comes with a column that is filled.
const filled = 2

// sequence names the sequence of a serial column as PostgreSQL would.
func (t *table) sequence(c snapshot.Column) string {
	const longest = 63 - len("__seq")
	name := t.want.Name.Name
	if len(name)+len(c.Name) > longest {
		name = cut(name, max(longest-len(c.Name), longest/2))
	}
	return snapshot.Name{Schema: t.want.Schema, Name: name + "_" + cut(c.Name, longest-len(name)) + "_seq"}.Quoted()
}

// fillRows gives the rows that have none the default's value, and ends what addFilled began.
func (t *table) fillRows(want snapshot.Column) {
	column, object := quote(want.Name), of(t.want.Name, want.Name)
	b := Batch{Table: t.want.Quoted(), Set: column + " = DEFAULT", Where: column + " IS NULL"}
	t.step(fill, Step{SQL: fmt.Sprintf("UPDATE %s SET %s WHERE %s", b.Table, b.Set, b.Where), Object: object, Way: Batches, Batch: &b, Why: "in batches, a transaction each"})
	if want.NotNull {
		t.notNull(want)
	}
	t.step(contract, Step{SQL: t.alter("DROP CONSTRAINT " + quote(under(filling, want.Name))), Object: object, Group: required})
}

// notNull makes a column NOT NULL without a look at all rows under a lock: a check that is
// validated before tells PostgreSQL that there is nothing to look for.
func (t *table) notNull(want snapshot.Column) {
	column, object := quote(want.Name), of(t.want.Name, want.Name)
	set := Step{SQL: t.alter("ALTER COLUMN " + column + " SET NOT NULL"), Object: object}
	writing := func(u release.Uses) bool { return want.Default == "" && !want.Serial && u.Writes(t.want.Name) }
	if !t.is.Stats.HasRows {
		t.breaking(&set, "may write rows without it", object, writing)
		t.step(contract, set)
		return
	}
	begin := Step{Object: object, Why: "for new rows at once; those that are there are looked at in the next step, while others go on"}
	t.breaking(&begin, "may write rows without it", object, writing)
	check := under(checking, want.Name)
	begin.SQL = t.alter("ADD CONSTRAINT " + quote(check) + " CHECK (" + column + " IS NOT NULL) NOT VALID")
	if t.is.Constraint(check) == nil {
		t.step(contract, begin)
	}
	undo := t.alter("DROP CONSTRAINT IF EXISTS " + quote(check))
	t.step(contract, Step{SQL: t.alter("VALIDATE CONSTRAINT " + quote(check)), Object: object, Way: Alone, Undo: undo})
	set.Group = required
	t.step(contract, set)
	t.step(contract, Step{SQL: t.alter("DROP CONSTRAINT " + quote(check)), Object: object, Group: required})
}

// required is the group in which a column becomes NOT NULL and its check goes.
const required = 3

func (t *table) dropColumn(is snapshot.Column) {
	if then := t.Then.Table(t.want.Name); then != nil && then.Column(is.Name) != nil {
		return // an SQL file made it
	}
	object := of(t.want.Name, is.Name)
	known := t.made(func(r snapshot.Table) bool { return r.Column(is.Name) != nil })
	if t.later(known, "drop:"+object) {
		t.keep(fmt.Sprintf("the column %s, of a later release", object))
		return
	}
	t.gone[is.Name] = true
	s := Step{SQL: t.alter("DROP COLUMN " + quote(is.Name)), Class: Losing, Object: object, Allow: "drop:" + object}
	s.Why = fmt.Sprintf("no file has the column %s, and its values would be lost", object)
	if !known {
		s.Why += "; no migration made it: to keep it, write it into a file"
	}
	t.breaking(&s, "uses it", object, reads(t.want.Name, is.Name))
	t.blocked(&s, t.want.Name, is.Name)
	t.step(contract, s)
}
