package plan

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/migrate/snapshot"
)

// addConstraint returns the statement that adds a rule; more is " NOT VALID", or "".
func addConstraint(t *snapshot.Table, c snapshot.Constraint, more string) string {
	return "ALTER TABLE " + t.Quoted() + " ADD CONSTRAINT " + quote(c.Name) + " " + c.Definition + more
}

func dropConstraint(t *snapshot.Table, name string) string {
	return "ALTER TABLE " + t.Quoted() + " DROP CONSTRAINT " + quote(name)
}

// constraints makes the rules of a table as they shall be.
func (t *table) constraints() {
	used := map[string]bool{}
	for _, want := range t.want.Constraints {
		is := t.is.Constraint(want.Name)
		if is == nil {
			is = t.renamed(want)
		}
		if is != nil {
			used[is.Name] = true
		}
		t.constraint(is, want)
	}
	for _, is := range t.is.Constraints {
		if !used[is.Name] {
			t.dropRule(is)
		}
	}
}

// renamed returns a rule that is the wanted one but for its name, after a step that gives
// it that; nil if there is none.
func (t *table) renamed(want snapshot.Constraint) *snapshot.Constraint {
	for _, is := range t.is.Constraints {
		if is.Kind == want.Kind && is.Definition == want.Definition && t.want.Constraint(is.Name) == nil && !ours(is.Name) && !t.naming(is.Columns) {
			t.step(expand, Step{SQL: t.alter("RENAME CONSTRAINT " + quote(is.Name) + " TO " + quote(want.Name)), Object: of(t.want.Name, want.Name)})
			return &is
		}
	}
	return nil
}

// naming reports whether one of the columns goes, or comes anew.
func (t *table) naming(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return t.gone[c] })
}

// constraint makes one rule of what is there, which is nil if nothing is.
func (t *table) constraint(is *snapshot.Constraint, want snapshot.Constraint) {
	if is != nil && t.naming(is.Columns) { // one of them goes last, or comes anew before this does
		t.step(relax, Step{SQL: dropConstraint(t.want, is.Name), Object: of(t.want.Name, is.Name)})
		is = nil
	}
	object := of(t.want.Name, want.Name)
	switch {
	case is == nil && t.laterConstraint(want.Name, nil):
		t.keep(fmt.Sprintf("a later release has removed the rule %s", object))
	case is == nil:
		t.addRule(want)
	case is.Kind == want.Kind && is.Definition == want.Definition:
		if is.NotValid && !want.NotValid {
			t.step(constrain, Step{SQL: t.alter("VALIDATE CONSTRAINT " + quote(want.Name)), Object: object, Way: Alone, Why: "it was not known whether the rows that are there obey it"})
		}
	case t.laterConstraint(want.Name, is):
		t.keep(fmt.Sprintf("the rule %s, as a later release has changed it", object))
	default:
		t.changeRule(*is, want)
	}
	if is == nil || is.Comment != want.Comment {
		t.comment(constrain, onConstraint(t.want, want), object, "", want.Comment, t.file)
	}
}

// laterConstraint reports whether a later release left a rule as it is.
func (t *table) laterConstraint(name string, is *snapshot.Constraint) bool {
	if !t.Older || t.last == nil {
		return false
	}
	last := t.last.Constraint(name)
	if is == nil || last == nil {
		return is == nil && last == nil
	}
	return last.Definition == is.Definition && last.Kind == is.Kind
}

// addRule adds a rule to a table that is there.
func (t *table) addRule(want snapshot.Constraint) {
	object := of(t.want.Name, want.Name)
	switch want.Kind {
	case snapshot.PrimaryKey, snapshot.Unique:
		t.addKey(want)
	case snapshot.Exclusion:
		s := Step{SQL: addConstraint(t.want, want, ""), Object: object}
		if t.is.Stats.HasRows {
			s.slow(t.is, object)
		}
		t.step(constrain, s)
	default:
		if !t.is.Stats.HasRows {
			t.step(ruled(want), Step{SQL: addConstraint(t.want, want, ""), Object: object})
			return
		}
		t.step(ruled(want), Step{SQL: addConstraint(t.want, want, " NOT VALID"), Object: object, Why: "for new rows at once; those that are there are looked at in the next step, while others go on"})
		t.step(ruled(want), Step{SQL: t.alter("VALIDATE CONSTRAINT " + quote(want.Name)), Object: object, Way: Alone, Undo: t.alter("DROP CONSTRAINT IF EXISTS " + quote(want.Name))})
	}
}

// ruled returns when a rule comes: foreign keys after the keys that they refer to.
func ruled(c snapshot.Constraint) phase {
	if c.Kind == snapshot.ForeignKey {
		return refer
	}
	return constrain
}

// changeRule replaces a rule, without a moment in which there is none.
func (t *table) changeRule(is, want snapshot.Constraint) {
	object := of(t.want.Name, want.Name)
	switch want.Kind {
	case snapshot.PrimaryKey, snapshot.Unique:
		t.changeKey(is, want)
		return
	case snapshot.Exclusion:
		s := Step{SQL: t.alter("DROP CONSTRAINT "+quote(is.Name), "ADD CONSTRAINT "+quote(want.Name)+" "+want.Definition), Object: object}
		s.slow(t.is, object)
		t.step(constrain, s)
		return
	}
	if slices.ContainsFunc(is.Columns, func(c string) bool { return t.changed[c] }) { // it may not hold, or mean nothing, for the new type
		t.step(relax, Step{SQL: dropConstraint(t.want, is.Name), Object: object})
		t.addRule(want)
		return
	}
	valid := ""
	if t.is.Stats.HasRows {
		valid = " NOT VALID"
	}
	t.step(ruled(want), Step{SQL: t.alter("DROP CONSTRAINT "+quote(is.Name), "ADD CONSTRAINT "+quote(want.Name)+" "+want.Definition+valid), Object: object})
	if valid != "" {
		t.step(ruled(want), Step{SQL: t.alter("VALIDATE CONSTRAINT " + quote(want.Name)), Object: object, Way: Alone})
	}
}

// dropRule removes a rule that no file has.
func (t *table) dropRule(is snapshot.Constraint) {
	object := of(t.want.Name, is.Name)
	if then := t.Then.Table(t.want.Name); then != nil && then.Constraint(is.Name) != nil || t.naming(is.Columns) || isKey(is) && t.want.Index(is.Name) != nil {
		return // an SQL file made it, it goes with its column, or it becomes an index
	}
	if ours(is.Name) {
		t.leftover(is)
		return
	}
	known := t.made(func(r snapshot.Table) bool { return r.Constraint(is.Name) != nil })
	if t.later(known, "drop-constraint:"+object) {
		t.keep(fmt.Sprintf("the rule %s, of a later release", object))
		return
	}
	s := Step{SQL: dropConstraint(t.want, is.Name), Object: object}
	if !known {
		s.byHand("the rule "+is.Name, "drop-constraint:"+object)
	}
	at := relax
	if isKey(is) {
		at = contract
		t.breaking(&s, "writes the table, and may count on it in ON CONFLICT", object, writes(t.want.Name))
		t.referred(&s, is)
	}
	t.step(at, s)
}

// leftover removes a check by which a column was to become NOT NULL, unless that goes on.
func (t *table) leftover(is snapshot.Constraint) {
	for _, c := range t.want.Columns {
		there := t.is.Column(c.Name)
		if there == nil || there.NotNull {
			continue
		}
		if is.Name == under(filling, c.Name) || is.Name == under(checking, c.Name) && c.NotNull {
			return
		}
	}
	t.step(contract, Step{SQL: dropConstraint(t.want, is.Name), Object: of(t.want.Name, is.Name), Why: "an interrupted migration left it"})
}

// referred makes a step unsupported if foreign keys refer to the key that it removes.
func (t *table) referred(s *Step, key snapshot.Constraint) {
	for _, other := range t.Is.Tables {
		for _, c := range other.Constraints {
			if c.Kind != snapshot.ForeignKey || c.References == nil || *c.References != t.want.Name {
				continue
			}
			_, target, _ := strings.Cut(c.Definition, " REFERENCES ")
			if !strings.Contains(target, "("+strings.Join(words(key.Columns), ", ")+")") {
				continue
			}
			if wanted := t.Want.Table(other.Name); wanted != nil && wanted.Constraint(c.Name) != nil {
				s.Class, s.Allow = Unsupported, ""
				s.because(fmt.Sprintf("the foreign key %s refers to it: drop that in one release, and add it again in the next", of(other.Name, c.Name)))
				return
			}
		}
	}
}

func words(columns []string) []string {
	written := make([]string, len(columns))
	for i, c := range columns {
		written[i] = word(c)
	}
	return written
}
