package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// grammar is what may stand in a block: no more than Atlas's open edition does for real,
// which passes over what it does not know, and over some of what its documentation has.
type grammar struct {
	labels     []string // what each label is, the last of them the name
	optional   bool     // the first label may be missing
	attributes map[string]kind
	needs      []string // attributes that must be there
	blocks     []string
	single     []string // of blocks those of which there is one at most
}

// grammars are those of the blocks, by their type; "" is a file.
var grammars = map[string]grammar{ //nolint:gochecknoglobals // a constant
	"":       {blocks: []string{"schema", "table", "enum", "locals"}},
	"schema": {labels: []string{"name"}},
	"enum": {
		labels:     []string{"name"},
		attributes: map[string]kind{"schema": aSchema, "values": someValues}, needs: []string{"schema", "values"},
	},
	"table": {
		labels: []string{"schema", "name"}, optional: true,
		attributes: map[string]kind{"schema": aSchema, "comment": someText, renamedFrom: someName, unloggedWord: writtenOut},
		blocks:     []string{"column", "primary_key", "index", "unique", "foreign_key", "check"}, single: []string{"primary_key"},
	},
	"column": {
		labels: []string{"name"},
		attributes: map[string]kind{
			"type": aType, "null": trueOrFalse, "default": aDefault, "as": someText, "comment": someText,
			collateWord: someName, renamedFrom: someName,
		},
		blocks: []string{"identity", "as"}, single: []string{"identity", "as"},
	},
	"identity": {
		attributes: map[string]kind{"generated": oneOf("ALWAYS", "BY_DEFAULT"), "start": aNumber, "increment": aNumber},
		needs:      []string{"generated"},
	},
	"as": {attributes: map[string]kind{"expr": someText, "type": oneOf("STORED")}, needs: []string{"expr"}},
	"primary_key": {
		labels: []string{"name"}, optional: true,
		attributes: map[string]kind{"columns": someColumns, "include": someColumns}, needs: []string{"columns"},
	},
	"index": {
		labels: []string{"name"},
		attributes: map[string]kind{
			"columns": someColumns, "unique": trueOrFalse, "where": someText, "include": someColumns, "nulls_distinct": trueOrFalse,
			"type":           oneOf("BTREE", "BRIN", "HASH", "GIN", "GIST", "GiST", "SPGIST", "SPGiST"),
			"page_per_range": aNumber, "comment": someText,
		},
		blocks: []string{"on"},
	},
	"on": {attributes: map[string]kind{
		"column": aColumn, "expr": someText, "desc": trueOrFalse, "nulls_first": trueOrFalse, "nulls_last": trueOrFalse, "ops": operatorClass,
	}},
	"unique": {
		labels: []string{"name"},
		attributes: map[string]kind{
			"columns": someColumns, "include": someColumns, "nulls_distinct": trueOrFalse, "comment": someText,
		},
		needs: []string{"columns"},
	},
	"check": {labels: []string{"name"}, attributes: map[string]kind{"expr": someText}, needs: []string{"expr"}},
	"foreign_key": {
		labels: []string{"name"},
		attributes: map[string]kind{
			"columns": someColumns, "ref_columns": someReferences, "on_update": action, "on_delete": action,
		},
		needs: []string{"columns", "ref_columns"},
	},
}

// beyond are words of Atlas's documentation, and of SQL, for what an SQL file describes.
var beyond = []string{ //nolint:gochecknoglobals // a constant
	"view", "materialized", "function", "procedure", "trigger", "policy", "extension", "event_trigger", "domain", "composite",
	"sequence", "aggregate", "range", "cast", "operator", "collation", "partition", "exclude", "row_security", "storage_params",
	"unlogged", "foreign_table", "server", "user_mapping", "role", "user", "permission", "rule", "statistics", "depends_on",
	"using", "tablespace", "deferrable", "match", "not_valid", "no_inherit", "compression", "storage",
}

const sqlFile = "HCL cannot describe it here: write it as an SQL file, schema/sql/NNN_name.sql"

// words reports what nobody understands in body, which is that of a block of type kind.
func (c *checker) words(kind string, body *hclsyntax.Body) {
	g := grammars[kind]
	for _, a := range sortedAttributes(body) {
		check, ok := g.attributes[a.Name]
		if !ok {
			c.unknown(kind, g, a.Name, a.NameRange.Filename, a.NameRange.Start.Line)
			continue
		}
		if want := check(c, a); want != "" {
			c.report(a.NameRange, "%s: %s", a.Name, want)
		}
	}
	for _, b := range body.Blocks {
		if !slices.Contains(g.blocks, b.Type) {
			c.unknown(kind, g, b.Type, b.TypeRange.Filename, b.TypeRange.Start.Line)
			continue
		}
		if slices.Contains(g.single, b.Type) && firstOf(body, b.Type) != b {
			c.report(b.TypeRange, "there is a %s here already", b.Type)
		}
		if b.Type != "locals" {
			c.labels(b)
			c.words(b.Type, b.Body)
			c.needs(b)
		}
	}
}

// unknown reports a word that does not belong into a block of type kind.
func (c *checker) unknown(kind string, g grammar, word, file string, line int) {
	known := slices.Sorted(maps.Keys(g.attributes))
	for _, b := range g.blocks {
		if !slices.Contains(known, b) {
			known = append(known, b)
		}
	}
	text := "want one of " + strings.Join(known, ", ")
	switch hint := near(word, known); {
	case hint != "":
		text += hint
	case word == "variable":
		text = "nothing gives it a value: write a block locals"
	case word == "for_each" || word == "dynamic":
		text = "write each block"
	case slices.Contains(beyond, word):
		text = sqlFile
	case len(known) == 0:
		text = "nothing stands in a block " + kind
	}
	c.problems = append(c.problems, problemIn(file, line, "%s is not understood here: %s", word, text))
}

// needs reports what is missing in a block.
func (c *checker) needs(b *hclsyntax.Block) {
	for _, name := range grammars[b.Type].needs {
		if b.Body.Attributes[name] == nil {
			c.report(b.DefRange(), "%s has no %s: add it", describeBlock(b), name)
		}
	}
}

// describeBlock returns the type and the name of b.
func describeBlock(b *hclsyntax.Block) string {
	if len(b.Labels) == 0 {
		return "the block " + b.Type
	}
	return "the " + strings.ReplaceAll(b.Type, "_", " ") + " " + lastLabel(b)
}

// labels reports names that are missing, too many, or none that PostgreSQL keeps.
func (c *checker) labels(b *hclsyntax.Block) {
	g := grammars[b.Type]
	least := len(g.labels)
	if g.optional {
		least--
	}
	switch n := len(b.Labels); {
	case n < least:
		c.report(b.DefRange(), "a block %s has a name: write %[1]s \"name\" { … }", b.Type)
	case n > len(g.labels):
		c.report(b.LabelRanges[len(g.labels)], "%q is a name too many: a block %s has %s", b.Labels[len(g.labels)], b.Type, howMany(len(g.labels)))
	}
	for i, label := range b.Labels {
		if problem := nameProblem(label); problem != "" {
			c.report(b.LabelRanges[i], "the name of the %s %s", b.Type, problem)
		}
	}
	if n := len(b.Labels); n == 2 && g.optional && b.Labels[0] != placeOf(b) && placeOf(b) != "" {
		c.report(b.DefRange(), "%s stands in the schema %s by its first name, and in %s by its attribute schema: make them the same", describeBlock(b), b.Labels[0], placeOf(b))
	}
}

func howMany(labels int) string {
	return []string{"none", "one", "two at most"}[labels]
}

// firstOf returns the first block of a type in body.
func firstOf(body *hclsyntax.Body, kind string) *hclsyntax.Block {
	i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == kind })
	return body.Blocks[i]
}

// sortedAttributes returns those of body in the order of their lines.
func sortedAttributes(body *hclsyntax.Body) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(body.Attributes), func(a, b *hclsyntax.Attribute) int {
		return a.NameRange.Start.Byte - b.NameRange.Start.Byte
	})
}
