package plan

import (
	"cmp"
	"fmt"
	"reflect"

	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

// alterColumn makes a column as it shall be.
func (t *table) alterColumn(is, want snapshot.Column) {
	if t.laterColumn(is, want) {
		return
	}
	if is.Generated != want.Generated {
		if want.Generated != "" {
			t.generate(is, want)
			return
		}
		t.step(expand, Step{SQL: t.alter("ALTER COLUMN " + quote(want.Name) + " DROP EXPRESSION"), Object: of(t.want.Name, want.Name), Why: "the values stay, and are no longer worked out"})
		is.Generated = ""
	}
	if is.Type != want.Type || is.Collation != want.Collation {
		t.retype(is, want)
		is.Type, is.Collation, is.Default = want.Type, want.Collation, want.Default
	}
	t.supply(is, want)
	t.nullability(is, want)
}

// laterColumn reports whether a later release has made a column as it is, so that this one
// leaves it.
func (t *table) laterColumn(is, want snapshot.Column) bool {
	if !t.Older || t.last == nil || equal(is, want) {
		return false
	}
	last := t.last.Column(is.Name)
	if last == nil || !equal(*last, is) {
		return false
	}
	t.keep(fmt.Sprintf("the column %s, as a later release has changed it", of(t.want.Name, is.Name)))
	return true
}

// equal reports whether two columns differ in their comments at most.
func equal(a, b snapshot.Column) bool {
	a.Comment, b.Comment = "", ""
	return reflect.DeepEqual(a, b)
}

// generate replaces a column by one whose values are worked out.
func (t *table) generate(is, want snapshot.Column) {
	object := of(t.want.Name, want.Name)
	t.gone[is.Name] = true
	s := Step{SQL: t.alter("DROP COLUMN "+quote(is.Name), "ADD COLUMN "+columnSpec(want)), Object: object}
	if is.Generated == "" {
		s.Class, s.Allow = Losing, "drop:"+object
		s.Why = fmt.Sprintf("the values of %s would be lost: others are worked out", object)
		t.breaking(&s, "writes it", object, writes(t.want.Name))
	}
	s.slow(t.is, object)
	t.blocked(&s, t.want.Name, is.Name)
	t.step(expand, s)
}

// retype gives a column another type or collation.
func (t *table) retype(is, want snapshot.Column) {
	object, column := of(t.want.Name, want.Name), quote(want.Name)
	t.changed[want.Name] = true
	change := "ALTER COLUMN " + column + " TYPE " + want.Type
	if want.Collation != "" || is.Collation != "" {
		change += " COLLATE " + cmp.Or(want.Collation, `pg_catalog."default"`)
	}
	how := convert(is.Type, want.Type, t.isEnum)
	if how != free {
		change += " USING " + using(want.Name, is.Type, want.Type, t.isEnum)
	}
	var changes []string
	if is.Default != "" && !is.Serial {
		changes = append(changes, "ALTER COLUMN "+column+" DROP DEFAULT")
	}
	changes = append(changes, change)
	if want.Default != "" {
		changes = append(changes, "ALTER COLUMN "+column+" SET DEFAULT "+want.Default)
	}
	s := Step{SQL: t.alter(changes...), Object: object, Group: retyped}
	switch {
	case how == none:
		s.Class = Unsupported
		s.Why = fmt.Sprintf("PostgreSQL makes no %s of %s: add a new column, fill it by an SQL file, and drop the old one a release later", want.Type, is.Type)
	case how == lossy:
		s.Class, s.Allow = Losing, "type:"+object
		s.Why = fmt.Sprintf("not each value of %s is one of %s", is.Type, want.Type)
		s.slow(t.is, object)
	case t.is.Stats.HasRows && (how == rewrite || is.Collation != want.Collation):
		s.slow(t.is, object)
	}
	if parseType(is.Type).kind() != parseType(want.Type).kind() {
		t.breaking(&s, "uses it as "+is.Type, object, reads(t.want.Name, want.Name))
	}
	t.blocked(&s, t.want.Name, want.Name)
	for _, c := range t.is.Columns {
		if c.Generated != "" && c.Name != want.Name && !t.gone[c.Name] && mentions(c.Generated, want.Name) {
			s.Class, s.Allow = Unsupported, ""
			s.because(fmt.Sprintf("the column %s is worked out from it: drop that, and write it again a release later", of(t.want.Name, c.Name)))
		}
	}
	t.step(expand, s)
	if is.Serial && want.Serial {
		t.step(expand, Step{SQL: t.onSequence(want, "EXECUTE format('ALTER SEQUENCE %s AS "+want.Type+"', sequence);"), Object: object, Group: retyped})
	}
}

// retyped is the group in which a column gets another type, and its sequence too.
const retyped = 4

// isEnum reports whether a type of that name is an enum.
func (p *planner) isEnum(name string) bool {
	for _, s := range []snapshot.Snapshot{p.Is, p.Want} {
		for _, e := range s.Enums {
			if inWords(e.Name) == name {
				return true
			}
		}
	}
	return false
}

// supply changes where the values of new rows come from: a default, or a sequence.
func (t *table) supply(is, want snapshot.Column) {
	object, column := of(t.want.Name, want.Name), quote(want.Name)
	switch {
	case is.Identity != nil || want.Identity != nil:
		t.identity(is, want)
	case is.Serial && want.Serial:
	case want.Serial:
		t.step(expand, Step{SQL: fmt.Sprintf("CREATE SEQUENCE %s AS %s OWNED BY %s.%s", t.sequence(want), want.Type, t.want.Quoted(), column), Object: object, Group: supplied})
		t.step(expand, Step{SQL: t.alter("ALTER COLUMN " + column + " SET DEFAULT nextval(" + literal(t.sequence(want)) + ")"), Object: object, Group: supplied})
		t.step(expand, Step{SQL: t.upTo(want, t.sequence(want)), Object: object, Group: supplied, Why: "it goes on after the greatest value that is there"})
	case is.Serial:
		set := "DROP DEFAULT"
		if want.Default != "" {
			set = "SET DEFAULT " + want.Default
		}
		s := Step{SQL: t.onSequence(want, t.alter("ALTER COLUMN "+column+" "+set)+"; EXECUTE 'DROP SEQUENCE ' || sequence;"), Object: object}
		t.unsupplied(&s, want)
		t.step(expand, s)
	case want.Default == is.Default || want.Generated != "":
	case want.Default == "":
		s := Step{SQL: t.alter("ALTER COLUMN " + column + " DROP DEFAULT"), Object: object}
		t.unsupplied(&s, want)
		t.step(expand, s)
	default:
		t.step(expand, Step{SQL: t.alter("ALTER COLUMN " + column + " SET DEFAULT " + want.Default), Object: object, Why: "for new rows; those that are there stay as they are"})
	}
}

// supplied is the group in which a column gets another source of values.
const supplied = 5

// unsupplied marks what leaves rows without a value that a live release does not give.
func (t *table) unsupplied(s *Step, want snapshot.Column) {
	if want.NotNull && want.Default == "" {
		t.breaking(s, "may write rows without a value of it", of(t.want.Name, want.Name), writes(t.want.Name))
	}
}

// identity changes whether and how a column numbers rows.
func (t *table) identity(is, want snapshot.Column) {
	object, column := of(t.want.Name, want.Name), quote(want.Name)
	switch {
	case is.Identity != nil && want.Identity != nil:
		t.renumber(*is.Identity, *want.Identity, want)
	case want.Identity == nil && want.Serial:
		body := fmt.Sprintf("EXECUTE format('SELECT last_value + is_called::int FROM %%s', sequence) INTO next; %s; CREATE SEQUENCE %s AS %s OWNED BY %s.%s; %s; PERFORM setval(%s, next, false);",
			t.alter("ALTER COLUMN "+column+" DROP IDENTITY"), t.sequence(want), want.Type, t.want.Quoted(), column,
			t.alter("ALTER COLUMN "+column+" SET DEFAULT nextval("+literal(t.sequence(want))+")"), literal(t.sequence(want)))
		t.step(expand, Step{SQL: t.onSequence(want, body), Object: object, Why: "the numbers go on where they are"})
	case want.Identity == nil:
		s := Step{SQL: t.alter("ALTER COLUMN " + column + " DROP IDENTITY"), Object: object}
		t.unsupplied(&s, want)
		t.step(expand, s)
		is.Identity = nil
		t.supply(is, want)
	case is.Serial:
		body := fmt.Sprintf("EXECUTE format('SELECT last_value + is_called::int FROM %%s', sequence) INTO next; %s; EXECUTE 'DROP SEQUENCE ' || sequence; %s; PERFORM setval(pg_get_serial_sequence(%s, %s), next, false);",
			t.alter("ALTER COLUMN "+column+" DROP DEFAULT"), t.alter("ALTER COLUMN "+column+" ADD "+identitySpec(*want.Identity)), literal(t.want.Quoted()), literal(want.Name))
		t.step(expand, Step{SQL: t.onSequence(want, body), Object: object, Why: "the numbers go on where they are"})
	default:
		t.becomeIdentity(is, want)
	}
}

// becomeIdentity has a column that had no numbers of its own number rows, from the greatest on.
func (t *table) becomeIdentity(is, want snapshot.Column) {
	object, column := of(t.want.Name, want.Name), quote(want.Name)
	at := expand
	if !is.NotNull {
		t.notNull(want)
		at = contract
	}
	if is.Default != "" {
		t.step(at, Step{SQL: t.alter("ALTER COLUMN " + column + " DROP DEFAULT"), Object: object, Group: supplied})
	}
	t.step(at, Step{SQL: t.alter("ALTER COLUMN " + column + " ADD " + identitySpec(*want.Identity)), Object: object, Group: supplied})
	t.step(at, Step{SQL: t.upTo(want, ""), Object: object, Group: supplied, Why: "it goes on after the greatest value that is there"})
}

func (t *table) renumber(is, want snapshot.Identity, column snapshot.Column) {
	if is == want {
		return
	}
	change := "ALTER COLUMN " + quote(column.Name)
	if is.Always != want.Always {
		change += " SET GENERATED " + generation(want)
	}
	if is.Start != want.Start {
		change += fmt.Sprintf(" SET START WITH %d", want.Start)
	}
	if is.Increment != want.Increment {
		change += fmt.Sprintf(" SET INCREMENT BY %d", want.Increment)
	}
	s := Step{SQL: t.alter(change), Object: of(t.want.Name, column.Name)}
	if want.Always && !is.Always {
		t.breaking(&s, "may write values of it", of(t.want.Name, column.Name), func(u release.Uses) bool {
			return u.Writes(t.want.Name) && u.Reads(t.want.Name, column.Name)
		})
	}
	t.step(expand, s)
}

// upTo moves the sequence of a column behind the greatest value. sequence is its name; ""
// if only PostgreSQL knows it.
func (t *table) upTo(c snapshot.Column, sequence string) string {
	name := literal(sequence)
	if sequence == "" {
		name = fmt.Sprintf("pg_get_serial_sequence(%s, %s)", literal(t.want.Quoted()), literal(c.Name))
	}
	return fmt.Sprintf("SELECT setval(%s, coalesce(max(%s), 0) + 1, false) FROM %s", name, quote(c.Name), t.want.Quoted())
}

// onSequence runs body with the name of the column's sequence, which PostgreSQL knows.
func (t *table) onSequence(c snapshot.Column, body string) string {
	return fmt.Sprintf("DO $$ DECLARE sequence text := pg_get_serial_sequence(%s, %s); next bigint; BEGIN %s END $$", literal(t.want.Quoted()), literal(c.Name), body)
}

// nullability makes a column NOT NULL, or ends that; and it goes on with what an
// interrupted migration began.
func (t *table) nullability(is, want snapshot.Column) {
	interrupted := t.is.Constraint(under(filling, want.Name)) != nil
	switch {
	case interrupted && !is.NotNull:
		t.fillRows(want)
	case is.NotNull == want.NotNull:
	case want.NotNull && want.Identity != nil && is.Identity == nil && !is.Serial: // becomeIdentity does
	case want.NotNull:
		t.notNull(want)
	default:
		t.step(expand, Step{SQL: t.alter("ALTER COLUMN " + quote(want.Name) + " DROP NOT NULL"), Object: of(t.want.Name, want.Name)})
	}
}
