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

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"switchyard/internal/migrate"
)

// ownSchema is the file of a project's own tables, below the root of its module.
const ownSchema = "schema/schema.hcl"

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
	byDir, home := map[string]*tables{}, map[string]*tables{}
	for _, f := range shared {
		if t := m.readTables(f.origin, path.Join(f.dir, "schema.hcl")); t != nil {
			byDir[f.path] = t
			for _, name := range t.defines {
				home[name] = t
			}
		}
	}
	own := m.readTables(m.origins[0], ownSchema)
	if own == nil {
		own = &tables{file: migrate.File{Name: ownSchema, HCL: noSchema}}
	}
	needed := map[*tables]bool{}
	var need func(t *tables)
	need = func(t *tables) {
		if t == nil || needed[t] {
			return
		}
		needed[t] = true
		for _, name := range t.refers {
			need(home[name])
		}
	}
	need(own)
	for _, v := range w.services {
		need(byDir[v.path])
	}
	if w.hasJobs() && slices.ContainsFunc(w.services, func(o opening) bool { return o.name() == "db" || o.name() == "events" }) {
		need(byDir[m.contract("shared/events")]) // in which the hosts of jobs agree
	}
	files := []migrate.File{own.file}
	for _, f := range shared {
		if t := byDir[f.path]; needed[t] {
			files = append(files, t.file)
		}
	}
	return migrate.Join(files)
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

// readTables reads a schema.hcl of o. Those of other modules are named with the module. It returns nil if there is none, or none that is HCL,
// which it reports.
func (m *module) readTables(o *origin, name string) *tables {
	text, err := os.ReadFile(filepath.Join(o.root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if !m.own(o) {
		name = o.path + "/" + name
	}
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
