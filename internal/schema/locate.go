package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// locate returns failed, an error of evaluating s that says no position, with the
// position of what is at fault: the table that fails even if of the others only the
// names are left, and in it the block without which it does not.
func (s Source) locate(failed error) Problem {
	p := Problem{Message: plain(failed)}
	all, err := s.parse()
	if err != nil {
		return p
	}
	for i, t := range all.tables() {
		if s.evaluateAlone(i, -1) == nil {
			continue
		}
		at := t.DefRange()
		for k, b := range t.Body.Blocks {
			if s.evaluateAlone(i, k) == nil {
				at = b.DefRange()
				break
			}
		}
		return problemAt(at, "%s", p.Message)
	}
	return p
}

// Refused returns an error with which PostgreSQL refused to make the tables of s as a *[Error],
// with the position of the table that it names.
func (s Source) Refused(err error) error {
	p := Problem{Message: err.Error()}
	parsed, parseErr := s.parse()
	if parseErr != nil {
		return wrong([]Problem{p})
	}
	for _, t := range parsed.tables() {
		if strings.Contains(p.Message, strconv.Quote(t.Labels[len(t.Labels)-1])+" table") {
			p = problemAt(t.DefRange(), "%s", p.Message)
			break
		}
	}
	return wrong([]Problem{p})
}

// evaluateAlone evaluates s with the table number i, in it without what its block number
// without says, and with nothing but the names of the other tables and their columns.
func (s Source) evaluateAlone(i, without int) error {
	parsed, err := s.parse()
	if err != nil {
		return err
	}
	for j, t := range parsed.tables() {
		switch {
		case j != i:
			namesOnly(t)
		case without >= 0 && t.Body.Blocks[without].Type == "column":
			anyType(t.Body.Blocks[without])
		case without >= 0:
			t.Body.Blocks = slices.Delete(t.Body.Blocks, without, without+1)
		}
	}
	_, err = parsed.evaluate()
	return err
}

// namesOnly leaves of a table what others refer to.
func namesOnly(t *hclsyntax.Block) {
	t.Body.Attributes = hclsyntax.Attributes{"schema": t.Body.Attributes["schema"]}
	t.Body.Blocks = slices.DeleteFunc(t.Body.Blocks, func(b *hclsyntax.Block) bool { return b.Type != "column" })
	for _, b := range t.Body.Blocks {
		anyType(b)
	}
}

// anyType makes a column a plain one, so that nothing can be wrong with it.
func anyType(column *hclsyntax.Block) {
	file, _ := hclsyntax.ParseConfig([]byte("type = int\n"), "", hcl.InitialPos)
	column.Body = file.Body.(*hclsyntax.Body)
}

// plain returns the text of an error of Atlas without the names of its functions.
func plain(err error) string {
	text := err.Error()
	for _, prefix := range []string{"specutil: ", "failed converting to *schema.Realm: ", "schemahcl: ", "failed reading spec as *postgres.doc: ", "sqlspec: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
