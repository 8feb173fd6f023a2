package plan

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/migrate/snapshot"
)

// creating is the group of what makes new tables: nobody uses them yet.
const creating = 1

func (p *planner) tables() {
	var keys []Step // foreign keys of new tables, when all of these are there
	for i := range p.Want.Tables {
		want := &p.Want.Tables[i]
		if is := p.Is.Table(want.Name); is != nil {
			p.alterTable(is, want)
			continue
		}
		p.createTable(want)
		keys = append(keys, p.newForeignKeys(want)...)
	}
	for _, s := range keys {
		if s.Group == creating {
			p.add(create, s)
		} else {
			p.add(refer, s)
		}
	}
	for i := range p.Is.Tables {
		if is := &p.Is.Tables[i]; p.Want.Table(is.Name) == nil && p.Then.Table(is.Name) == nil {
			p.dropTable(is)
		}
	}
}

// home returns the file that has the table.
func (p *planner) home(t snapshot.Name) string { return p.Homes[t.Schema+"."+t.Name] }

func (p *planner) createTable(want *snapshot.Table) {
	var lines []string
	for _, c := range want.Columns {
		lines = append(lines, columnSpec(c))
	}
	for _, c := range want.Constraints {
		if c.Kind != snapshot.ForeignKey {
			lines = append(lines, "CONSTRAINT "+quote(c.Name)+" "+c.Definition)
		}
	}
	kind, partition := "TABLE", ""
	if want.Unlogged {
		kind = "UNLOGGED TABLE"
	}
	if want.Partition != "" {
		partition = " PARTITION BY " + want.Partition
	}
	s := Step{Object: want.String(), File: p.home(want.Name), Group: creating}
	s.SQL = fmt.Sprintf("CREATE %s %s (\n  %s\n)%s", kind, want.Quoted(), strings.Join(lines, ",\n  "), partition)
	p.add(create, s)
	for _, x := range want.Indexes {
		s.SQL = x.Definition
		s.Object = of(want.Name, x.Name)
		p.add(create, s)
	}
	p.tableComments(create, &snapshot.Table{Name: want.Name}, want)
	for _, c := range want.Constraints {
		if c.Kind != snapshot.ForeignKey {
			p.comment(create, onConstraint(want, c), of(want.Name, c.Name), "", c.Comment, s.File)
		}
	}
	for _, x := range want.Indexes {
		p.comment(create, "INDEX "+snapshot.Name{Schema: want.Schema, Name: x.Name}.Quoted(), of(want.Name, x.Name), "", x.Comment, s.File)
	}
}

// onConstraint names a rule for COMMENT ON; a key by its index, as Atlas does.
func onConstraint(t *snapshot.Table, c snapshot.Constraint) string {
	if isKey(c) {
		return "INDEX " + snapshot.Name{Schema: t.Schema, Name: c.Name}.Quoted()
	}
	return "CONSTRAINT " + quote(c.Name) + " ON " + t.Quoted()
}

// newForeignKeys returns the foreign keys of a table that is made. Those to another that
// is there wait for its lock, and thus have a transaction of their own.
func (p *planner) newForeignKeys(want *snapshot.Table) (keys []Step) {
	for _, c := range want.Constraints {
		if c.Kind != snapshot.ForeignKey {
			continue
		}
		s := Step{SQL: addConstraint(want, c, ""), Object: of(want.Name, c.Name), File: p.home(want.Name)}
		if c.References == nil || p.Is.Table(*c.References) == nil {
			s.Group = creating
		}
		keys = append(keys, s)
	}
	return keys
}

func (p *planner) dropTable(is *snapshot.Table) {
	known := p.made(func(s snapshot.Snapshot) bool { return s.Table(is.Name) != nil })
	if p.later(known, "drop:"+is.String()) {
		p.keep(fmt.Sprintf("the table %s, of a later release", is.Name))
		return
	}
	s := Step{SQL: "DROP TABLE " + is.Quoted(), Class: Losing, Object: is.String(), Allow: "drop:" + is.String()}
	if known {
		s.Why = fmt.Sprintf("no file has the table %s any more, with %s: a service that no function needs any more had it, or the project. To keep it, copy it from the service's schema.hcl into the project's", is.Name, rows(is.Stats))
	} else {
		s.Why = fmt.Sprintf("the table %s is in no file, and no migration made it: another program did, or somebody by hand. "+
			"To keep it, write it into a file, or move it to a PostgreSQL schema that is not looked at: ALTER TABLE %s SET SCHEMA other", is.Name, is.Quoted())
	}
	p.breaking(&s, "uses it", is.String(), named(is.Name))
	p.blocked(&s, is.Name, "")
	for _, c := range is.Constraints { // so that tables that refer to each other can go in any order
		if c.Kind == snapshot.ForeignKey && c.References != nil && *c.References != is.Name {
			key := s
			key.SQL, key.Object, key.Why = dropConstraint(is, c.Name), of(is.Name, c.Name), "goes with its table"
			p.add(relax, key)
		}
	}
	p.add(contract, s)
}

// blocked makes a step unsupported if something that stays depends on what it changes:
// the column of a table, or the table if column is "".
func (p *planner) blocked(s *Step, table snapshot.Name, column string) {
	if slices.ContainsFunc(p.Scripts, func(f PendingScript) bool { return !f.Before }) {
		return // one of them may see to it
	}
	for _, o := range p.Is.Objects {
		for _, r := range o.Reads {
			if r.Table == table && (column == "" || r.Column == column) && (o.On == nil || *o.On != table || column != "") {
				what := table.String()
				if column != "" {
					what = of(table, column)
				}
				s.Class, s.Allow = Unsupported, ""
				s.because(fmt.Sprintf("the %s %s depends on %s: drop it, or make it anew without that, in an SQL file (schema/sql)", o.Kind, o.Name, what))
				return
			}
		}
	}
}

func (p *planner) lastTable(n snapshot.Name) *snapshot.Table {
	if p.Last == nil {
		return nil
	}
	return p.Last.Table(n)
}

// table is a table that is there, and is to be another.
type table struct {
	*planner
	is, want *snapshot.Table
	last     *snapshot.Table // nil if no migration made it
	file     string
	// gone and changed are columns that go or come anew with all that names them, and
	// those that get another type.
	gone, changed map[string]bool
}

func (p *planner) alterTable(is, want *snapshot.Table) {
	t := &table{planner: p, is: is, want: want, last: p.lastTable(want.Name), file: p.home(want.Name), gone: map[string]bool{}, changed: map[string]bool{}}
	if is.Partition != want.Partition {
		t.step(expand, Step{
			SQL: "the table " + want.Quoted() + " is divided in another way", Class: Unsupported, Object: want.String(),
			Why: "PostgreSQL does not change how a table is divided: make a new table, copy the rows in an SQL file, and rename both",
		})
		return
	}
	t.attributes()
	for _, c := range is.Columns {
		if want.Column(c.Name) == nil {
			t.dropColumn(c)
		}
	}
	for i := range want.Columns {
		c := &want.Columns[i]
		if there := is.Column(c.Name); there != nil {
			t.alterColumn(*there, *c)
		} else {
			t.addColumn(*c)
		}
	}
	t.constraints()
	t.indexes()
	p.tableComments(expand, is, want)
}

// made reports whether a migration made what has finds in the table as it was recorded.
func (t *table) made(has func(snapshot.Table) bool) bool {
	return t.planner.made(func(s snapshot.Snapshot) bool {
		recorded := s.Table(t.want.Name)
		return recorded != nil && has(*recorded)
	})
}

// step adds one of the table's.
func (t *table) step(at phase, s Step) {
	if s.Object == "" {
		s.Object = t.want.String()
	}
	s.File = t.file
	t.add(at, s)
}

// alter returns ALTER TABLE with the changes.
func (t *table) alter(changes ...string) string {
	return "ALTER TABLE " + t.want.Quoted() + " " + strings.Join(changes, ", ")
}

func (t *table) attributes() {
	if t.is.Unlogged != t.want.Unlogged {
		s := Step{SQL: t.alter("SET LOGGED")}
		if t.want.Unlogged {
			s = Step{SQL: t.alter("SET UNLOGGED"), Class: Losing, Allow: "type:" + t.want.String(), Why: "an unlogged table is empty after a crash"}
		}
		s.slow(t.is, t.want.String())
		t.step(expand, s)
	}
	if t.want.RowSecurity && !t.is.RowSecurity {
		t.step(expand, Step{SQL: t.alter("ENABLE ROW LEVEL SECURITY")})
	}
	if t.want.ForceRowSecurity && !t.is.ForceRowSecurity {
		t.step(expand, Step{SQL: t.alter("FORCE ROW LEVEL SECURITY")})
	}
}

// tableComments writes the comments of a table and of what belongs to it, where they are
// others. One that no file has stays.
func (p *planner) tableComments(at phase, is, want *snapshot.Table) {
	file := p.home(want.Name)
	p.comment(at, "TABLE "+want.Quoted(), want.String(), is.Comment, want.Comment, file)
	for _, c := range want.Columns {
		was := ""
		if there := is.Column(c.Name); there != nil {
			was = there.Comment
		}
		p.comment(at, "COLUMN "+want.Quoted()+"."+quote(c.Name), of(want.Name, c.Name), was, c.Comment, file)
	}
}

func (p *planner) comment(at phase, what, object, is, want, file string) {
	if want != "" && want != is {
		p.add(at, Step{SQL: "COMMENT ON " + what + " IS " + literal(want), Object: object, File: file})
	}
}

// objects reports what SQL files made and is there no more.
func (p *planner) objects() {
	for _, want := range p.Want.Objects {
		if !slices.ContainsFunc(p.Is.Objects, func(o snapshot.Object) bool { return o.Kind == want.Kind && o.Name == want.Name }) && len(p.Scripts) == 0 {
			p.add(scripts, Step{
				SQL: fmt.Sprintf("the %s %s", want.Kind, want.Name), Class: Unsupported, Object: want.String(),
				Why: "an SQL file of schema/sql has made it, which ran, and it is there no more. Make it by hand as it was, or write a new SQL file that does",
			})
		}
	}
}
