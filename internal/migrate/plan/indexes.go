package plan

import (
	"fmt"
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
)

// indexes makes the indexes of a table as they shall be. On tables with rows they are
// built while others go on.
func (t *table) indexes() {
	used := map[string]bool{}
	for _, want := range t.want.Indexes {
		if key := t.is.Constraint(want.Name); key != nil && isKey(*key) {
			t.becomeIndex(*key, want)
			continue
		}
		is := t.is.Index(want.Name)
		if is == nil {
			if is = t.renamedIndex(want); is != nil {
				used[is.Name] = true
				continue
			}
		}
		used[want.Name] = true
		t.index(is, want)
	}
	for _, is := range t.is.Indexes {
		if !used[is.Name] {
			t.dropIndex(is)
		}
	}
}

var indexHead = lazy.Regexp{Source: `^(CREATE (?:UNIQUE )?INDEX )("(?:[^"]|"")+"|\S+)( ON )`}

// nameless returns the definition of an index without its name.
func nameless(definition string) string { return indexHead.Get().ReplaceAllString(definition, "$1$3") }

// build returns the statement that makes an index under a name.
func (t *table) build(definition, name string) (sql string, way Way) {
	if !t.is.Stats.HasRows {
		return indexHead.Get().ReplaceAllString(definition, "${1}"+strings.ReplaceAll(quote(name), "$", "$$")+"$3"), Once
	}
	return indexHead.Get().ReplaceAllString(definition, "${1}CONCURRENTLY "+strings.ReplaceAll(quote(name), "$", "$$")+"$3"), Alone
}

// renamedIndex returns an index that is the wanted one but for its name, after a step that
// gives it that; nil if there is none.
func (t *table) renamedIndex(want snapshot.Index) *snapshot.Index {
	for _, is := range t.is.Indexes {
		if nameless(is.Definition) == nameless(want.Definition) && t.want.Index(is.Name) == nil && !is.Invalid && !t.naming(is.Columns) && !ours(is.Name) {
			t.step(expand, Step{SQL: "ALTER INDEX " + t.inSchema(is.Name) + " RENAME TO " + quote(want.Name), Object: of(t.want.Name, want.Name)})
			return &is
		}
	}
	return nil
}

// inSchema quotes the name of an index, which stands in its table's PostgreSQL schema.
func (t *table) inSchema(name string) string {
	return snapshot.Name{Schema: t.want.Schema, Name: name}.Quoted()
}

func (t *table) index(is *snapshot.Index, want snapshot.Index) {
	object := of(t.want.Name, want.Name)
	switch {
	case is != nil && is.Invalid:
		t.step(index, Step{SQL: t.dropping(is.Name), Object: object, Way: t.away(), Why: "it is INVALID: what built it was interrupted"})
		t.addIndex(want)
	case is != nil && t.naming(is.Columns):
		t.step(relax, Step{SQL: t.dropping(is.Name), Object: object, Way: t.away()})
		t.addIndex(want)
	case is != nil && is.Definition == want.Definition:
	case t.laterIndex(is, want.Name):
		t.keep(fmt.Sprintf("the index %s, as a later release has it", object))
	case is == nil:
		t.addIndex(want)
	default:
		t.replaceIndex(*is, want)
	}
	if is == nil || is.Comment != want.Comment {
		t.comment(index, "INDEX "+t.inSchema(want.Name), object, "", want.Comment, t.file)
	}
}

func (t *table) addIndex(want snapshot.Index) { t.make(want.Name, want.Definition, want.Name, "") }

// make builds an index under a name.
func (t *table) make(object, definition, name, why string) {
	s := Step{Object: of(t.want.Name, object), Why: why}
	s.SQL, s.Way = t.build(definition, name)
	if s.Way == Alone {
		s.Undo = "DROP INDEX CONCURRENTLY IF EXISTS " + t.inSchema(name)
	}
	t.step(index, s)
}

// beside builds an index that takes the place of what is there under its name, and
// returns the name that it has until then.
func (t *table) beside(name, definition string) string {
	other := under(building, name)
	if left := t.is.Index(other); left != nil {
		t.step(index, Step{SQL: t.dropping(other), Object: of(t.want.Name, name), Way: t.away(), Why: "an interrupted migration left it"})
	}
	t.make(name, definition, other, "beside the one that is there, whose place it takes")
	return other
}

// replaceIndex builds an index beside the one that is there, and then swaps them.
func (t *table) replaceIndex(is, want snapshot.Index) {
	object, other := of(t.want.Name, want.Name), t.beside(want.Name, want.Definition)
	t.step(index, Step{SQL: "DROP INDEX " + t.inSchema(is.Name), Object: object, Group: swapped})
	t.step(index, Step{SQL: "ALTER INDEX " + t.inSchema(other) + " RENAME TO " + quote(want.Name), Object: object, Group: swapped})
}

// becomeIndex replaces a key by an index of its name.
func (t *table) becomeIndex(key snapshot.Constraint, want snapshot.Index) {
	object, other := of(t.want.Name, want.Name), t.beside(want.Name, want.Definition)
	away := Step{SQL: dropConstraint(t.want, key.Name), Object: object, Group: swapped}
	t.referred(&away, key)
	t.step(index, away)
	t.step(index, Step{SQL: "ALTER INDEX " + t.inSchema(other) + " RENAME TO " + quote(want.Name), Object: object, Group: swapped})
}

// swapped is the group in which an index takes the place of another.
const swapped = 6

func (t *table) dropIndex(is snapshot.Index) {
	object := of(t.want.Name, is.Name)
	if then := t.Then.Table(t.want.Name); then != nil && then.Index(is.Name) != nil || t.naming(is.Columns) {
		return // an SQL file made it, or it goes with its column
	}
	if key := t.want.Constraint(is.Name); key != nil && isKey(*key) {
		return // addKey takes it
	}
	if ours(is.Name) {
		if t.want.Index(strings.TrimPrefix(is.Name, building)) == nil && t.want.Constraint(strings.TrimPrefix(is.Name, building)) == nil {
			t.step(contract, Step{SQL: t.dropping(is.Name), Object: object, Way: t.away(), Why: "an interrupted migration left it"})
		} else if !t.replacing(is.Name) {
			t.step(index, Step{SQL: t.dropping(is.Name), Object: object, Way: t.away(), Why: "an interrupted migration left it"})
		}
		return
	}
	known := t.made(func(r snapshot.Table) bool { return r.Index(is.Name) != nil })
	if t.later(known, "drop-index:"+object) {
		t.keep(fmt.Sprintf("the index %s, of a later release", object))
		return
	}
	s := Step{SQL: t.dropping(is.Name), Object: object, Way: t.away()}
	if !known {
		s.byHand("the index "+is.Name, "drop-index:"+object)
	}
	if is.Unique {
		t.breaking(&s, "writes the table, and may count on it in ON CONFLICT", object, writes(t.want.Name))
	}
	t.step(contract, s)
}

// replacing reports whether some step drops the leftover of this name already.
func (t *table) replacing(name string) bool {
	for _, s := range t.steps[index] {
		if s.SQL == t.dropping(name) {
			return true
		}
	}
	return false
}

func (t *table) laterIndex(is *snapshot.Index, name string) bool {
	if !t.Older || t.last == nil {
		return false
	}
	last := t.last.Index(name)
	if is == nil || last == nil {
		return is == nil && last == nil
	}
	return last.Definition == is.Definition
}

// dropping returns the statement that removes an index, and away how it runs.
func (t *table) dropping(name string) string {
	if t.away() == Alone {
		return "DROP INDEX CONCURRENTLY " + t.inSchema(name)
	}
	return "DROP INDEX " + t.inSchema(name)
}

func (t *table) away() Way {
	if t.is.Stats.HasRows {
		return Alone
	}
	return Once
}
