package instep

import (
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

// expect returns what a program whose schema is own can expect of a database that a later
// schema was applied to: what both have, as the later one has it; and what that one has no
// more, if the program uses it.
func expect(own, last snapshot.Snapshot, uses release.Uses) snapshot.Snapshot {
	s := snapshot.Snapshot{Server: last.Server, Schemas: own.Schemas}
	for _, t := range own.Tables {
		switch later := last.Table(t.Name); {
		case later != nil:
			s.Tables = append(s.Tables, table(t, *later, uses))
		case uses.Names(t.Name):
			s.Tables = append(s.Tables, t)
		}
	}
	s.Enums = both(own.Enums, last.Enums, func(e snapshot.Enum) snapshot.Name { return e.Name })
	s.Objects = both(own.Objects, last.Objects, func(o snapshot.Object) object { return object{o.Name, o.Kind, on(o)} })
	return s
}

func table(own, last snapshot.Table, uses release.Uses) snapshot.Table {
	t := last
	t.Columns = nil
	for _, c := range own.Columns {
		switch later := last.Column(c.Name); {
		case later != nil:
			t.Columns = append(t.Columns, *later)
		case uses.Reads(own.Name, c.Name):
			t.Columns = append(t.Columns, c)
		}
	}
	t.Constraints = both(own.Constraints, last.Constraints, func(c snapshot.Constraint) string { return c.Name })
	t.Indexes = both(own.Indexes, last.Indexes, func(x snapshot.Index) string { return x.Name })
	return t
}

// both returns those of the later ones whose key the own ones have too.
func both[T any, K comparable](own, last []T, key func(T) K) (all []T) {
	has := map[K]bool{}
	for _, one := range own {
		has[key(one)] = true
	}
	for _, one := range last {
		if has[key(one)] {
			all = append(all, one)
		}
	}
	return all
}

// object is what tells objects apart: triggers of one name may be on several tables.
type object struct {
	name snapshot.Name
	kind string
	on   snapshot.Name
}

func on(o snapshot.Object) snapshot.Name {
	if o.On == nil {
		return snapshot.Name{}
	}
	return *o.On
}
