package adopt

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
)

// The names of the files, in the folder.
const (
	beforeFile = "sql/001_adopted_before.sql"
	afterFile  = "sql/002_adopted_after.sql"
)

// writer writes what is in a database and not in the services' files.
type writer struct {
	is, has snapshot.Snapshot
	more    details
	inSQL   map[part]bool // is said in SQL, whether or not HCL could

	shared map[string]bool          // names that tables of several PostgreSQL schemas have
	bySQL  map[snapshot.Name]bool   // tables that HCL cannot say
	enums  map[string]string        // what HCL says for an enum, by its name in SQL
	parts  [partKinds][]statement   // of tables, in SQL
	before map[snapshot.Name]string // enums that must be there before tables, by their names
}

// The kinds of statements about tables, in the order in which they run.
const (
	tables = iota
	keysAndRules
	partitions
	foreignKeys
	settings
	partKinds
)

func newWriter(is, has snapshot.Snapshot, more details, inSQL map[part]bool) *writer {
	w := &writer{
		is: is, has: has, more: more, inSQL: inSQL,
		shared: map[string]bool{}, bySQL: map[snapshot.Name]bool{}, enums: map[string]string{}, before: map[snapshot.Name]string{},
	}
	seen := map[string]snapshot.Name{}
	for _, t := range slices.Concat(is.Tables, has.Tables) {
		if other, ok := seen[t.Name.Name]; ok && other != t.Name {
			w.shared[t.Name.Name] = true
		}
		seen[t.Name.Name] = t.Name
		w.bySQL[t.Name] = t.Partition != "" || more.parents[t.Name] != "" || oddNames(t)
	}
	count := map[string]int{}
	for _, e := range is.Enums {
		count[e.Name.Name]++
	}
	for _, e := range is.Enums {
		switch {
		case w.neededBefore(e) || slices.Contains(e.Values, ""): // which HCL does not allow
			w.before[e.Name] = e.Quoted()
		case plainName.Get().MatchString(e.Name.Name) && plainName.Get().MatchString(e.Schema):
			w.enums[typeName(e.Name)] = "enum." + e.Name.Name
			if count[e.Name.Name] > 1 {
				w.enums[typeName(e.Name)] = "enum." + e.Schema + "." + e.Name.Name
			}
		}
	}
	return w
}

// files returns the files, by their names in the folder.
func (w *writer) files() []schema.File {
	texts := map[string]*strings.Builder{}
	for _, name := range w.is.Schemas {
		texts[name] = &strings.Builder{}
	}
	count := map[string]int{}
	for _, e := range w.is.Enums {
		count[e.Name.Name]++
	}
	for _, e := range w.is.Enums {
		if w.before[e.Name] == "" && w.has.Enum(e.Name) == nil {
			enumBlock(texts[e.Schema], e, count[e.Name.Name] > 1)
		}
	}
	for _, t := range w.is.Tables {
		if w.bySQL[t.Name] {
			w.sqlTable(t)
			continue
		}
		if text := w.table(t, w.has.Table(t.Name)); text != "" {
			texts[t.Schema].WriteString("\n" + text)
		}
		w.sqlSettings(t)
	}
	var public strings.Builder // the file of the schema public
	var files []schema.File
	for _, name := range w.is.Schemas {
		head := "schema " + quoted(name) + " {}\n"
		switch {
		case name != "public" && texts[name].Len() > 0:
			files = append(files, schema.File{Name: fileOf(name), Text: formatted(head + texts[name].String())})
		case name == "public" || w.holds(name):
			public.WriteString(head)
		}
	}
	if texts["public"] != nil {
		public.WriteString(texts["public"].String())
	}
	files = slices.Insert(files, 0, schema.File{Name: fileOf("public"), Text: formatted(public.String())})
	return append(files, w.sqlFiles()...)
}

// formatted returns HCL as hclfmt writes it.
func formatted(hcl string) string { return string(hclwrite.Format([]byte(hcl))) }

// holds reports whether there is something in the PostgreSQL schema.
func (w *writer) holds(name string) bool {
	return slices.ContainsFunc(w.is.Tables, func(t snapshot.Table) bool { return t.Schema == name }) ||
		slices.ContainsFunc(w.is.Enums, func(e snapshot.Enum) bool { return e.Schema == name }) ||
		slices.ContainsFunc(w.is.Objects, func(o snapshot.Object) bool { return o.Schema == name })
}

// oddNames reports whether t or a column of it has a name that Atlas cannot quote.
func oddNames(t snapshot.Table) bool {
	return strings.Contains(t.Name.Name, `"`) || slices.ContainsFunc(t.Columns, func(c snapshot.Column) bool { return strings.Contains(c.Name, `"`) })
}

// fileOf returns the name of the file for a PostgreSQL schema.
func fileOf(name string) string {
	if name == "public" {
		return "schema.hcl"
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name) + ".hcl"
}

func enumBlock(b *strings.Builder, e snapshot.Enum, shared bool) {
	values := make([]string, len(e.Values))
	for i, v := range e.Values {
		values[i] = quoted(v)
	}
	head := "enum " + quoted(e.Name.Name)
	if shared {
		head = "enum " + quoted(e.Schema) + " " + quoted(e.Name.Name)
	}
	b.WriteString("\n")
	block(b, head, "schema = schema"+step(e.Schema), "values = ["+strings.Join(values, ", ")+"]")
}

// says reports whether a service's table has a constraint or an index, maybe by another
// name, which the plan changes. It has one primary key, whatever the database's is.
func says(h *snapshot.Table, name, definition string) bool {
	return h.Constraint(name) != nil || h.Index(name) != nil || h.Columns != nil && strings.HasPrefix(definition, "PRIMARY KEY") ||
		slices.ContainsFunc(h.Constraints, func(c snapshot.Constraint) bool { return c.Definition == definition }) ||
		slices.ContainsFunc(h.Indexes, func(i snapshot.Index) bool { return nameless(i.Definition) == definition })
}

var indexName = lazy.Regexp{Source: `INDEX (?:"(?:[^"]|"")+"|\S+) ON`}

// nameless returns the definition of an index without its name.
func nameless(definition string) string {
	return indexName.Get().ReplaceAllString(definition, "INDEX ON")
}
