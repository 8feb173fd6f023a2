package plan

import (
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
)

// keyPattern takes the definition of a primary key or a unique constraint apart, as
// pg_get_constraintdef writes it.
var keyPattern = lazy.Regexp{Source: `^(PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (\(.*?\))( INCLUDE \(.*?\))?( DEFERRABLE.*)?$`}

// indexOf returns the definition of the index behind a key, without a name to speak of,
// and what follows USING INDEX.
func (t *table) indexOf(want snapshot.Constraint) (definition, after string) {
	m := keyPattern.Get().FindStringSubmatch(want.Definition)
	if m == nil {
		return "", ""
	}
	return "CREATE UNIQUE INDEX x ON " + t.want.Quoted() + " " + m[3] + m[4] + m[2], m[5]
}

// addKey adds a primary key or a unique constraint: its index first, while others go on.
func (t *table) addKey(want snapshot.Constraint) {
	object := of(t.want.Name, want.Name)
	definition, after := t.indexOf(want)
	there := t.is.Index(want.Name)
	if definition == "" || !t.is.Stats.HasRows && there == nil {
		t.step(constrain, Step{SQL: addConstraint(t.want, want, ""), Object: object})
		return
	}
	if there != nil && (there.Invalid || !sameKey(there.Definition, definition)) {
		t.step(index, Step{SQL: t.dropping(there.Name), Object: object, Way: t.away()})
		there = nil
	}
	if there == nil {
		t.make(want.Name, definition, want.Name, "")
	}
	t.step(t.keyPhase(want), Step{SQL: t.alter("ADD CONSTRAINT " + quote(want.Name) + " " + kindOf(want) + " USING INDEX " + quote(want.Name) + after), Object: object})
}

// keyPhase returns when a key can be added: a primary key after its columns are NOT NULL.
func (t *table) keyPhase(want snapshot.Constraint) phase {
	for _, name := range want.Columns {
		if c := t.is.Column(name); want.Kind == snapshot.PrimaryKey && (c == nil || !c.NotNull) {
			return contract
		}
	}
	return constrain
}

// isKey reports whether an index stands behind a rule, whose name it has.
func isKey(c snapshot.Constraint) bool {
	return c.Kind == snapshot.PrimaryKey || c.Kind == snapshot.Unique || c.Kind == snapshot.Exclusion
}

func kindOf(c snapshot.Constraint) string {
	if c.Kind == snapshot.PrimaryKey {
		return "PRIMARY KEY"
	}
	return "UNIQUE"
}

// sameKey reports whether an index is the one that a key needs.
func sameKey(is, want string) bool {
	plain := func(definition string) string {
		_, columns, _ := strings.Cut(nameless(definition), " ON ")
		_, columns, _ = strings.Cut(columns, "(")
		return strings.ReplaceAll(columns, `"`, "")
	}
	return strings.HasPrefix(is, "CREATE UNIQUE") && plain(is) == plain(want)
}

// changeKey builds the index of another key beside the one that is there, and swaps them.
func (t *table) changeKey(is, want snapshot.Constraint) {
	object := of(t.want.Name, want.Name)
	definition, after := t.indexOf(want)
	other := t.beside(want.Name, definition)
	swap := Step{SQL: t.alter("DROP CONSTRAINT "+quote(is.Name), "ADD CONSTRAINT "+quote(want.Name)+" "+kindOf(want)+" USING INDEX "+quote(other)+after), Object: object}
	t.referred(&swap, is)
	t.step(t.keyPhase(want), swap)
}
