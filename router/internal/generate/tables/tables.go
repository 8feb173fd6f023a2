// Package tables puts the schema of a program together: the tables of the services that the program
// needs, of other services to which these refer, and the project's own.
package tables

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

	"switchyard/internal/schema"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/wiring"
)

// Where tables stand: the project's own, below the root of its module, and those of a
// service, beside its Go code.
const (
	ownDir     = "schema"
	ownSchema  = ownDir + "/schema.hcl"
	tablesFile = "schema.hcl"
)

// noSchema is what the file of a project's own tables holds at least.
const noSchema = "schema \"public\" {}\n"

// tables is a schema.hcl: of the project, or beside the code of a package of shared/.
type tables struct {
	file    schema.File
	defines []string // names of tables
	refers  []string // names of tables
}

// Find returns what the program's database is to hold: the tables of the services
// that are needed, those that these refer to, and the project's own.
func Find(m *source.Module, w *wiring.Wiring, s *wiring.Registry, shared []*source.Folder) schema.Source {
	c := &collector{Module: m, byPath: map[string]*tables{}, home: map[string]*tables{}, needed: map[*tables]bool{}}
	own, scripts := c.readOwn()
	for _, t := range own {
		c.add(t)
	}
	for _, f := range shared { // of this module first, whose tables come before those of others
		if t := c.readTables(f.Origin, path.Join(f.Dir, tablesFile)); t != nil {
			c.byPath[f.Path] = t
			c.add(t)
		}
	}
	for _, t := range own {
		c.need(t)
	}
	for _, v := range w.Services {
		c.need(c.byPath[v.Path])
	}
	if w.HasJobs() && slices.ContainsFunc(w.Services, func(o wiring.Opening) bool { return o.Name() == "db" || o.Name() == "events" }) {
		c.need(c.byPath[m.Contract("shared/events")]) // in which the hosts of jobs agree
	}
	c.checkStray(s, shared)
	var files []schema.File
	for _, t := range own {
		files = append(files, t.file)
	}
	for _, f := range shared {
		if t := c.byPath[f.Path]; c.needed[t] {
			files = append(files, t.file)
		}
	}
	return schema.Join(append(files, scripts...))
}

// readOwn reads the project's own tables, and its SQL files.
func (c *collector) readOwn() (own []*tables, scripts []schema.File) {
	files, err := schema.ReadFiles(filepath.Join(c.Root, ownDir), ownDir)
	if wrong, ok := errors.AsType[*schema.Error](err); ok {
		for _, p := range wrong.Problems {
			c.Report(token.Position{Filename: p.File, Line: p.Line}, "%s", p.Message)
		}
	} else if err != nil {
		c.Report(token.Position{Filename: ownSchema}, "cannot be read: %v", err)
	}
	for _, f := range files {
		if f.IsSQL() {
			scripts = append(scripts, f)
		} else if t := c.parse(f); t != nil {
			own = append(own, t)
		}
	}
	if len(own) == 0 {
		own = []*tables{{file: schema.File{Name: ownSchema, Text: noSchema}}}
	}
	return own, scripts
}

// collector collects the tables that are needed.
type collector struct {
	*source.Module
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
func (c *collector) checkStray(s *wiring.Registry, shared []*source.Folder) {
	packages := map[string]bool{}
	for _, f := range shared {
		if c.Own(f.Origin) {
			packages[f.Dir] = true
		}
	}
	for _, street := range []string{"functions", "shared"} {
		for _, dir := range c.foldersWithTables(street) {
			v := s.Named(strings.TrimPrefix(dir, "shared/"))
			at := token.Position{Filename: path.Join(dir, tablesFile)}
			switch {
			case v != nil && c.Own(v.Origin) && street == "shared" || s.Broken:
			case packages[dir]:
				c.Warn(at, "%s is no service, so that its tables are there only if others refer to them: give it an Open, or move the tables to %s", dir, ownSchema)
			default:
				c.Warn(at, "nothing reads this file: tables stand beside the Go code of a service in shared/, or in %s", ownSchema)
			}
		}
	}
}

// foldersWithTables returns the folders of this module below top that have a schema.hcl.
func (c *collector) foldersWithTables(top string) []string {
	var dirs []string
	_ = filepath.WalkDir(filepath.Join(c.Root, top), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what cannot be read has been reported
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.Name() == tablesFile:
			dirs = append(dirs, c.Relative(filepath.Dir(file)))
		}
		return nil
	})
	return dirs
}

// Check reports what is wrong with the tables as a whole.
func Check(m *source.Module, s schema.Source) {
	wrong, ok := errors.AsType[*schema.Error](s.Check())
	if !ok || len(m.Problems) > 0 { // a file that could not be read is not in it
		return
	}
	for _, p := range wrong.Problems {
		m.Report(token.Position{Filename: cmp.Or(p.File, ownSchema), Line: p.Line}, "%s", p.Message)
	}
}

// readTables reads the schema.hcl of o that has this name below its root. It returns nil if
// there is none, or none that is HCL, which it reports.
func (c *collector) readTables(o *source.Origin, name string) *tables {
	text, err := os.ReadFile(filepath.Join(o.Root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	name = c.Shown(o, name)
	if err != nil {
		c.Report(token.Position{Filename: name}, "cannot be read: %v", err)
		return nil
	}
	return c.parse(schema.File{Name: name, Text: string(text)})
}

// parse finds the tables in f. It returns nil if that is no HCL, which it reports.
func (c *collector) parse(f schema.File) *tables {
	at := token.Position{Filename: f.Name}
	parsed, diags := hclsyntax.ParseConfig([]byte(f.Text), f.Name, hcl.InitialPos)
	for _, d := range diags {
		if d.Subject != nil {
			at.Line = d.Subject.Start.Line
		}
		c.Report(at, "%s", fmt.Sprintf("%s: %s", d.Summary, d.Detail))
	}
	if diags.HasErrors() {
		return nil
	}
	t := &tables{file: f}
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
