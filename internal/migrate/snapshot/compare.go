package snapshot

import (
	"fmt"
	"slices"
	"strings"
)

// Difference is how a database differs from what it shall hold.
type Difference struct {
	// Missing is what those who use it as it shall be may fail for: what is not there, or is
	// another.
	Missing []Finding `json:"missing"`
	// More is what it has beyond that.
	More []Finding `json:"more"`
}

// Finding is one difference.
type Finding struct {
	Object string `json:"object"` // "orders.note"
	Text   string `json:"text"`   // a sentence without a full stop: "the column orders.note is missing"
}

// Compare says how is differs from want. The order of columns does not count. Comments
// harm nobody: they count as more.
func Compare(want, is Snapshot) Difference {
	d := &Difference{Missing: []Finding{}, More: []Finding{}}
	for _, w := range want.Tables {
		if t := is.Table(w.Name); t != nil {
			d.table(w, *t)
		} else {
			d.missing(w.String(), "the table %s is missing", w.Name)
		}
	}
	for _, t := range is.Tables {
		if want.Table(t.Name) == nil {
			d.more(t.String(), "the table %s is in no file", t.Name)
		}
	}
	for _, w := range want.Enums {
		if e := is.Enum(w.Name); e != nil {
			d.enum(w, *e)
		} else {
			d.missing(w.String(), "the enum %s is missing", w.Name)
		}
	}
	for _, e := range is.Enums {
		if want.Enum(e.Name) == nil {
			d.more(e.String(), "the enum %s is in no file", e.Name)
		}
	}
	d.objects(want.Objects, is.Objects)
	return *d
}

func (d *Difference) missing(object, format string, args ...any) {
	d.Missing = append(d.Missing, Finding{Object: object, Text: fmt.Sprintf(format, args...)})
}

func (d *Difference) more(object, format string, args ...any) {
	d.More = append(d.More, Finding{Object: object, Text: fmt.Sprintf(format, args...)})
}

func (d *Difference) table(want, is Table) {
	name := want.String()
	if want.Partition != is.Partition {
		d.missing(name, "%s is divided by %q, want %q", name, is.Partition, want.Partition)
	}
	if want.Unlogged != is.Unlogged {
		d.missing(name, "%s is unlogged: %v, want %v", name, is.Unlogged, want.Unlogged)
	}
	d.security(name, "row security", want.RowSecurity, is.RowSecurity)
	d.security(name, "row security for the owner", want.ForceRowSecurity, is.ForceRowSecurity)
	for _, w := range want.Columns {
		if c := is.Column(w.Name); c != nil {
			d.column(name, w, *c)
		} else {
			d.missing(name+"."+w.Name, "the column %s.%s is missing", name, w.Name)
		}
	}
	for _, c := range is.Columns {
		if want.Column(c.Name) == nil {
			d.more(name+"."+c.Name, "the column %s.%s is in no file", name, c.Name)
		}
	}
	d.constraints(name, want, is)
	d.indexes(name, want, is)
}

// security compares what hides rows: hidden ones that shall not be are missing, too.
func (d *Difference) security(table, what string, want, is bool) {
	state := map[bool]string{true: "on", false: "off"}
	if want != is {
		d.missing(table, "%s of %s is %s, want %s", what, table, state[is], state[want])
	}
}

func (d *Difference) column(table string, want, is Column) {
	name := table + "." + want.Name
	if want.Type != is.Type {
		d.missing(name, "the column %s is %s, want %s", name, is.Type, want.Type)
	}
	if want.Collation != is.Collation {
		d.missing(name, "the column %s has the collation %q, want %q", name, is.Collation, want.Collation)
	}
	if want.NotNull != is.NotNull {
		d.missing(name, "the column %s is %s", name, map[bool]string{true: "NOT NULL, and shall not be", false: "not NOT NULL"}[is.NotNull])
	}
	if a, b := supply(want), supply(is); a != b {
		d.missing(name, "the default of %s is %s, want %s", name, b, a)
	}
	if want.Generated != is.Generated {
		d.missing(name, "the column %s is worked out by %q, want %q", name, is.Generated, want.Generated)
	}
}

// supply says where the values of new rows come from.
func supply(c Column) string {
	switch {
	case c.Identity != nil && c.Identity.Always:
		return fmt.Sprintf("an identity, ALWAYS, from %d by %d", c.Identity.Start, c.Identity.Increment)
	case c.Identity != nil:
		return fmt.Sprintf("an identity, BY DEFAULT, from %d by %d", c.Identity.Start, c.Identity.Increment)
	case c.Serial:
		return "a sequence of its own"
	case c.Default == "":
		return "none"
	}
	return c.Default
}

func (d *Difference) constraints(table string, want, is Table) {
	for _, w := range want.Constraints {
		name := table + "." + w.Name
		c := is.Constraint(w.Name)
		switch {
		case c == nil:
			d.missing(name, "the constraint %s of %s is missing", w.Name, table)
		case c.Definition != w.Definition:
			d.missing(name, "the constraint %s of %s is %s, want %s", w.Name, table, c.Definition, w.Definition)
		case c.NotValid && !w.NotValid:
			d.missing(name, "the constraint %s of %s is NOT VALID: the rows that are there may break it", w.Name, table)
		}
	}
	for _, c := range is.Constraints {
		if want.Constraint(c.Name) == nil {
			d.more(table+"."+c.Name, "the constraint %s of %s is in no file", c.Name, table)
		}
	}
}

func (d *Difference) indexes(table string, want, is Table) {
	for _, w := range want.Indexes {
		name := table + "." + w.Name
		x := is.Index(w.Name)
		switch {
		case x == nil:
			d.missing(name, "the index %s of %s is missing", w.Name, table)
		case x.Invalid:
			d.missing(name, "the index %s of %s is INVALID: what built it was interrupted", w.Name, table)
		case x.Definition != w.Definition:
			d.missing(name, "the index %s of %s is %s, want %s", w.Name, table, x.Definition, w.Definition)
		}
	}
	for _, x := range is.Indexes {
		if want.Index(x.Name) == nil {
			d.more(table+"."+x.Name, "the index %s of %s is in no file", x.Name, table)
		}
	}
}

func (d *Difference) enum(want, is Enum) {
	for _, v := range want.Values {
		if !slices.Contains(is.Values, v) {
			d.missing(want.String(), "the enum %s lacks the value '%s'", want.Name, v)
		}
	}
	for _, v := range is.Values {
		if !slices.Contains(want.Values, v) {
			d.more(want.String(), "the value '%s' of the enum %s is in no file", v, want.Name)
		}
	}
}

func (d *Difference) objects(want, is []Object) {
	find := func(all []Object, o Object) *Object {
		i := slices.IndexFunc(all, func(x Object) bool { return x.Kind == o.Kind && x.Name == o.Name && sameTable(x.On, o.On) })
		if i < 0 {
			return nil
		}
		return &all[i]
	}
	for _, w := range want {
		o := find(is, w)
		switch {
		case o == nil:
			d.missing(w.String(), "the %s %s is missing", w.Kind, w.Name)
		case strings.Join(strings.Fields(o.Definition), " ") != strings.Join(strings.Fields(w.Definition), " "):
			d.missing(w.String(), "the %s %s is another: it was changed since an SQL file made it", w.Kind, w.Name)
		}
	}
	for _, o := range is {
		if find(want, o) == nil {
			d.more(o.String(), "the %s %s is in no file", o.Kind, o.Name)
		}
	}
}

func sameTable(a, b *Name) bool { return a == b || a != nil && b != nil && *a == *b }
