package schema

import (
	"fmt"
	"slices"

	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// bodies are a schema as HCL understands it, a body for each file.
type bodies []*hclsyntax.Body

// parse reads the syntax of s.
func (s Source) parse() (bodies, error) {
	var all bodies
	var problems []Problem
	known := map[string]bool{}
	for _, f := range s.Files() {
		if f.IsSQL() {
			continue
		}
		file, diags := hclsyntax.ParseConfig([]byte(f.Text), f.Name, hcl.InitialPos)
		if problems = append(problems, diagnosed(diags)...); diags.HasErrors() {
			continue
		}
		body := file.Body.(*hclsyntax.Body)
		body.Blocks = once(body.Blocks, known)
		all = append(all, body)
	}
	all.extend()
	return all, wrong(problems)
}

// extend moves what stands in blocks of tables without a schema into the table of that
// name that has one, if there is just one.
func (s bodies) extend() {
	whole := map[string][]*hclsyntax.Block{}
	for _, t := range s.tables() {
		if t.Body.Attributes["schema"] != nil {
			name := t.Labels[len(t.Labels)-1]
			whole[name] = append(whole[name], t)
		}
	}
	for _, body := range s {
		body.Blocks = slices.DeleteFunc(body.Blocks, func(b *hclsyntax.Block) bool {
			if b.Type != "table" || len(b.Labels) != 1 || len(b.Body.Attributes) > 0 || len(whole[b.Labels[0]]) != 1 {
				return false
			}
			t := whole[b.Labels[0]][0]
			t.Body.Blocks = append(t.Body.Blocks, b.Body.Blocks...)
			return true
		})
	}
}

// once returns blocks without those that name a PostgreSQL schema that is known.
func once(blocks hclsyntax.Blocks, known map[string]bool) (kept hclsyntax.Blocks) {
	for _, b := range blocks {
		if b.Type == "schema" && len(b.Labels) == 1 {
			if known[b.Labels[0]] {
				continue
			}
			known[b.Labels[0]] = true
		}
		kept = append(kept, b)
	}
	return kept
}

// evaluate returns what s says, in its own words. It changes s.
func (s bodies) evaluate() (*atlas.Realm, error) {
	own := s.takeOurs()
	p := hclparse.NewParser()
	for i, body := range s {
		// By the order of files, of which two may have one name.
		p.AddFile(fmt.Sprintf("%06d", i), &hcl.File{Body: body})
	}
	var realm atlas.Realm
	if err := postgres.EvalHCL(p, &realm, nil); err != nil {
		return nil, err
	}
	own.addTo(&realm)
	asWritten(&realm, s.sqlTypes())
	return &realm, nil
}

// Realm returns what the HCL files of s say, in the types of Atlas. Its error is a *[Error].
func (s Source) Realm() (*atlas.Realm, error) {
	parsed, err := s.checked()
	if err != nil {
		return nil, err
	}
	return s.realm(parsed)
}

// checked returns the syntax of s, in which nothing is wrong as far as that goes.
func (s Source) checked() (bodies, error) {
	parsed, err := s.parse()
	if err != nil {
		return nil, err
	}
	return parsed, wrong(parsed.check())
}

// realm has Atlas read s, whose syntax is parsed, which it changes.
func (s Source) realm(parsed bodies) (*atlas.Realm, error) {
	realm, err := parsed.evaluate()
	if err == nil {
		return realm, nil
	}
	problems := diagnosed(err)
	if problems == nil {
		problems = []Problem{s.locate(err)}
	}
	return nil, wrong(problems)
}

// tables returns the blocks of tables, in order.
func (s bodies) tables() []*hclsyntax.Block { return s.blocks("table") }

// blocks returns those of a kind that have a name, in order.
func (s bodies) blocks(kind string) (found []*hclsyntax.Block) {
	for _, body := range s {
		found = append(found, blocksOf(body, kind)...)
	}
	return found
}

// homes returns the name of the file of each table, by the table's name in PostgreSQL.
func (s bodies) homes() map[string]string {
	homes := map[string]string{}
	for _, t := range s.tables() {
		homes[fullName(t)] = t.TypeRange.Filename
	}
	return homes
}

// fullName returns the name of a block with a schema in PostgreSQL: "public.user".
func fullName(b *hclsyntax.Block) string { return placeOf(b) + "." + lastLabel(b) }

// placeOf returns the schema in which the thing of a block stands, or "".
func placeOf(b *hclsyntax.Block) string {
	if a := b.Body.Attributes["schema"]; a != nil {
		if t := reference(a.Expr); len(t) > 1 {
			return stepName(t[1])
		}
	}
	return ""
}

// stepName returns the name in a step of a reference, of .user or ["user"]; else "".
func stepName(t hcl.Traverser) string {
	switch t := t.(type) {
	case hcl.TraverseAttr:
		return t.Name
	case hcl.TraverseIndex:
		if t.Key.Type().FriendlyName() == "string" {
			return t.Key.AsString()
		}
	}
	return ""
}
