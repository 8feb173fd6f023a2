package generate

import (
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"switchyard/internal/migrate"
)

// Where tables stand: the project's own, below the root of its module, and those of a
// service, beside its Go code.
const (
	ownSchema  = "schema/schema.hcl"
	tablesFile = "schema.hcl"
)

// noSchema is what the file of a project's own tables holds at least.
const noSchema = "schema \"public\" {}\n"

// tables is a schema.hcl: of the project, or beside the code of a package of shared/.
type tables struct {
	file    migrate.File
	defines []string // names of tables
	refers  []string // names of tables
}

// findSchema returns what the program's database is to hold: the tables of the services
// that are needed, those that these refer to, and the project's own.
func (m *module) findSchema(w *wiring, s *registry, shared []*folder) migrate.Schema {
	own := m.readTables(m.origins[0], ownSchema)
	if own == nil {
		own = &tables{file: migrate.File{Name: ownSchema, HCL: noSchema}}
	}
	c := &collector{byPath: map[string]*tables{}, home: map[string]*tables{}, needed: map[*tables]bool{}}
	c.add(own)
	for _, f := range shared { // of this module first, whose tables come before those of others
		if t := m.readTables(f.origin, path.Join(f.dir, tablesFile)); t != nil {
			c.byPath[f.path] = t
			c.add(t)
		}
	}
	c.need(own)
	for _, v := range w.services {
		c.need(c.byPath[v.path])
	}
	if w.hasJobs() && slices.ContainsFunc(w.services, func(o opening) bool { return o.name() == "db" || o.name() == "events" }) {
		c.need(c.byPath[m.contract("shared/events")]) // in which the hosts of jobs agree
	}
	m.checkStray(s, shared)
	files := []migrate.File{own.file}
	for _, f := range shared {
		if t := c.byPath[f.path]; c.needed[t] {
			files = append(files, t.file)
		}
	}
	return migrate.Join(files)
}

// collector collects the tables that are needed.
type collector struct {
	byPath map[string]*tables // by the package that they stand beside
	home   map[string]*tables // by the name of each table
	needed map[*tables]bool
}

// add notes what t defines, unless another file does already.
func (c *collector) add(t *tables) {
	for _, name := range t.defines {
		if c.home[name] == nil {
			c.home[name] = t
		}
	}
}

// need notes that t is needed, and the files to which it refers.
func (c *collector) need(t *tables) {
	if t == nil || c.needed[t] {
		return
	}
	c.needed[t] = true
	for _, name := range t.refers {
		c.need(c.home[name])
	}
}

// checkStray warns of tables that stand where no function can need them.
func (m *module) checkStray(s *registry, shared []*folder) {
	packages := map[string]bool{}
	for _, f := range shared {
		if m.own(f.origin) {
			packages[f.dir] = true
		}
	}
	for _, street := range []string{"functions", "shared"} {
		for _, dir := range m.foldersWithTables(street) {
			v := s.named(strings.TrimPrefix(dir, "shared/"))
			at := token.Position{Filename: path.Join(dir, tablesFile)}
			switch {
			case v != nil && m.own(v.origin) && street == "shared" || s.broken:
			case packages[dir]:
				m.warn(at, "%s is no service, so that its tables are there only if others refer to them: give it an Open, or move the tables to %s", dir, ownSchema)
			default:
				m.warn(at, "nothing reads this file: tables stand beside the Go code of a service in shared/, or in %s", ownSchema)
			}
		}
	}
}

// foldersWithTables returns the folders of this module below top that have a schema.hcl.
func (m *module) foldersWithTables(top string) []string {
	var dirs []string
	_ = filepath.WalkDir(filepath.Join(m.root, top), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what cannot be read has been reported
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.Name() == tablesFile:
			dirs = append(dirs, m.relative(filepath.Dir(file)))
		}
		return nil
	})
	return dirs
}

// checkSchema reports what is wrong with the tables as a whole.
func (m *module) checkSchema(s migrate.Schema) {
	wrong, ok := errors.AsType[*migrate.SchemaError](s.Check())
	if !ok || len(m.problems) > 0 { // a file that could not be read is not in it
		return
	}
	for _, p := range wrong.Problems {
		m.report(token.Position{Filename: cmp.Or(p.File, ownSchema), Line: p.Line}, "%s", p.Message)
	}
}

// hasJobs reports whether Inngest runs some of the functions.
func (w *wiring) hasJobs() bool {
	return slices.ContainsFunc(w.functions, func(f wired) bool { return f.durable() })
}

// readTables reads the schema.hcl of o that has this name below its root. It returns nil if
// there is none, or none that is HCL, which it reports.
func (m *module) readTables(o *origin, name string) *tables {
	text, err := os.ReadFile(filepath.Join(o.root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	name = m.shown(o, name)
	at := token.Position{Filename: name}
	if err != nil {
		m.report(at, "cannot be read: %v", err)
		return nil
	}
	parsed, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	for _, d := range diags {
		if d.Subject != nil {
			at.Line = d.Subject.Start.Line
		}
		m.report(at, "%s", fmt.Sprintf("%s: %s", d.Summary, d.Detail))
	}
	if diags.HasErrors() {
		return nil
	}
	t := &tables{file: migrate.File{Name: name, HCL: string(text)}}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return t
	}
	for _, b := range body.Blocks {
		if b.Type != "table" || len(b.Labels) == 0 {
			continue
		}
		name := b.Labels[len(b.Labels)-1]
		if b.Body.Attributes["schema"] == nil { // it adds to a table of another file
			t.refers = append(t.refers, name)
			continue
		}
		t.defines = append(t.defines, name)
	}
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		if e, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
			if name := tableOf(e.Traversal); name != "" {
				t.refers = append(t.refers, name)
			}
		}
		return nil
	})
	return t
}

// tableOf returns the name of the table that t begins with, as table.user.column.id does,
// or "".
func tableOf(t hcl.Traversal) string {
	if t.RootName() != "table" || len(t) < 2 {
		return ""
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex: // table["user"]
		return step.Key.AsString()
	}
	return ""
}
