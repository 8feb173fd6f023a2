// Package uses finds out which tables and columns the SQL of a program names, so that a
// migration can be checked against the programs that run.
//
// It reads the constants of all packages that the program links, and the .sql files that they
// embed. A package uses a table if a statement in it names the table. It uses all columns of the
// table that any SQL of the package names, since a statement may be put together from several
// constants. What a program puts together from anything else is not known: see [Found.Unknown].
package uses

import (
	"cmp"
	"context"
	"encoding/json"
	gotoken "go/token"
	"slices"
	"strings"

	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/wiring"
)

// Found is what a program uses of its database.
type Found struct {
	Uses release.Uses
	// Unknown are the places in the project's own packages where the SQL has the name of a
	// table put in when the program runs: there more may be used.
	Unknown []source.Problem
}

// JSON returns the uses as a catalog has them: a table a line; "" if there are none.
func (f Found) JSON() (string, error) {
	if len(f.Uses) == 0 {
		return "", nil
	}
	lines := make([]string, len(f.Uses))
	for i, use := range f.Uses {
		text, err := json.Marshal(use)
		if err != nil {
			return "", err
		}
		lines[i] = string(text)
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]", nil
}

// Find returns what the program of w uses of the tables of s.
func Find(ctx context.Context, m *source.Module, w *wiring.Wiring, s schema.Source) (Found, error) {
	realm, err := s.Realm()
	if err != nil {
		return Found{}, nil //nolint:nilerr // it has been reported
	}
	c := &collector{Module: m, columns: map[snapshot.Name][]string{}, names: map[string]bool{}, uses: map[snapshot.Name]*release.Use{}}
	for _, in := range realm.Schemas {
		for _, t := range in.Tables {
			name := snapshot.Name{Schema: in.Name, Name: t.Name}
			c.names[t.Name] = true
			c.columns[name] = []string{}
			for _, column := range t.Columns {
				c.columns[name] = append(c.columns[name], column.Name)
			}
		}
	}
	if len(c.names) == 0 {
		return Found{}, nil
	}
	read, others := programs(m, w)
	packages, err := m.Linked(ctx, others)
	if err != nil {
		return Found{}, err
	}
	for _, t := range c.ofFolders(read) {
		c.add(t)
	}
	for _, p := range packages {
		if c.maySQL(p) {
			c.add(c.texts(p))
		}
	}
	return c.found(), nil
}

// programs returns the packages of which a program is made: its functions, its services, and
// their hosts. Of functions that were read and checked already it returns the folders, and
// among the others what they import: to ask the go command about thousands takes seconds.
func programs(m *source.Module, w *wiring.Wiring) (read []*source.Folder, others []string) {
	others = []string{m.Contract("router/wire")}
	seen := map[string]bool{"C": true, "unsafe": true}
	for _, f := range w.Functions {
		if !m.Own(f.Origin) || f.As != nil || f.Lends != nil || !f.Plain || f.Info == nil {
			others = append(others, f.ImportPath())
			continue
		}
		read = append(read, f.Folder)
		f.Imports(func(path string, _ gotoken.Pos) {
			if !seen[path] {
				seen[path] = true
				others = append(others, path)
			}
		})
	}
	for _, v := range w.Services {
		others = append(others, v.Path)
	}
	return read, others
}

// collector collects what packages use.
type collector struct {
	*source.Module
	columns map[snapshot.Name][]string // by table
	names   map[string]bool            // of tables
	uses    map[snapshot.Name]*release.Use
	unknown []source.Problem
}

// maySQL reports whether a package may have SQL of its own: its source is read, or it works
// with a database itself.
func (c *collector) maySQL(p source.Linked) bool {
	if strings.HasPrefix(p.ImportPath, "github.com/jackc/") {
		return false // their queries are about PostgreSQL's own tables
	}
	return c.Reads(p.ImportPath) || slices.ContainsFunc(p.Imports, func(path string) bool {
		return path == "database/sql" || strings.HasPrefix(path, "github.com/jackc/pgx/")
	})
}

// add notes what the SQL of a package uses.
func (c *collector) add(p texts) {
	tables, words := map[string]*done{}, map[string]bool{}
	for _, t := range p.all {
		sql := t.sql(c.names)
		if sql {
			for _, s := range t.statements() {
				read(s, c.names, tables)
			}
		}
		if name := t.name(0); len(t) == 1 && p.loose && c.names[name] && tables[name] == nil {
			tables[name] = &done{inserts: p.copies}
		}
		if !sql && !t.piece() && (len(t) > 1 || !p.loose) {
			continue
		}
		for i := range t {
			words[t.name(i)] = true
		}
	}
	for table, columns := range c.columns {
		if d := tables[table.Name]; d != nil {
			c.merge(table, columns, d, words)
		}
	}
	if p.own {
		c.unknown = append(c.unknown, p.unknown...)
	}
}

// merge notes what a package does with a table, and which of its columns it names.
func (c *collector) merge(table snapshot.Name, columns []string, d *done, words map[string]bool) {
	use := c.uses[table]
	if use == nil {
		use = &release.Use{Table: table}
		c.uses[table] = use
	}
	use.All, use.Inserts, use.Updates = use.All || d.all, use.Inserts || d.inserts, use.Updates || d.updates
	for _, column := range columns {
		if words[column] && !slices.Contains(use.Columns, column) {
			use.Columns = append(use.Columns, column)
		}
	}
}

func (c *collector) found() Found {
	f := Found{Unknown: source.InOrder(c.unknown)}
	for _, use := range c.uses {
		slices.Sort(use.Columns)
		f.Uses = append(f.Uses, *use)
	}
	slices.SortFunc(f.Uses, func(a, b release.Use) int {
		return cmp.Or(cmp.Compare(a.Table.Schema, b.Table.Schema), cmp.Compare(a.Table.Name, b.Table.Name))
	})
	return f
}
