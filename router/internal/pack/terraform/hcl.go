package terraform

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"switchyard/router/internal/pack/plan"
)

// expr is an expression of Terraform, as opposed to a text: var.name, "${a}/b".
type expr string

// attributes are the contents of a block in their order: name, value, name, value. A
// value may be a string, a number, a bool, a list of strings, an expr, or attributes, which
// are a block inside. What is nil, or an empty list, is left out.
type attributes []any

// put writes the attributes into a body.
func (a attributes) put(b *hclwrite.Body) {
	for i := 0; i < len(a); i += 2 {
		name := a[i].(string)
		switch v := a[i+1].(type) {
		case nil:
		case attributes:
			labels := strings.Fields(name)
			v.put(b.AppendNewBlock(labels[0], labels[1:]).Body())
		default:
			if tokens := tokensOf(v); tokens != nil {
				b.SetAttributeRaw(name, tokens)
			}
		}
	}
}

// tokensOf writes a value.
func tokensOf(value any) hclwrite.Tokens {
	switch v := value.(type) {
	case string:
		return hclwrite.TokensForValue(cty.StringVal(v))
	case int:
		return hclwrite.TokensForValue(cty.NumberIntVal(int64(v)))
	case bool:
		return hclwrite.TokensForValue(cty.BoolVal(v))
	case []string:
		var items []cty.Value
		for _, s := range v {
			items = append(items, cty.StringVal(s))
		}
		if items == nil {
			return nil
		}
		return hclwrite.TokensForValue(cty.TupleVal(items))
	case expr:
		f, problems := hclwrite.ParseConfig([]byte("x = "+string(v)+"\n"), "", hcl.InitialPos)
		if problems.HasErrors() {
			panic(fmt.Sprintf("pack: %s in a Terraform file: %s", v, problems)) // cannot happen: names are checked where they are declared
		}
		return f.Body().GetAttribute("x").Expr().BuildTokens(nil)
	}
	panic(fmt.Sprintf("pack: a %T in a Terraform file", value))
}

// file is a file of Terraform in the making.
type file struct{ *hclwrite.File }

func newFile(comment string) file {
	f := file{hclwrite.NewEmptyFile()}
	f.Body().AppendUnstructuredTokens(hclwrite.Tokens{{Type: 0, Bytes: []byte(comment)}})
	return f
}

// block adds a block on the top level: kind and labels in one, such as
// "resource aws_iam_role x".
func (f file) block(header string, a attributes) {
	f.Body().AppendNewline()
	attributes{header, a}.put(f.Body())
}

// bytes returns the file as terraform fmt leaves it.
func (f file) bytes() []byte { return hclwrite.Format(f.Bytes()) }

// snake returns a name as Terraform's are by custom: "api_files_create" for
// "api-files-create", "database_url" for "DATABASE_URL".
func snake(name string) string {
	text := strings.Join(plan.Words(name), "_")
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		return "_" + text
	}
	return text
}

// quoted returns a template of Terraform: a text in which ${…} is evaluated.
func quoted(template string) expr { return expr(`"` + template + `"`) }

// object returns an object of expressions, by keys that are texts.
func object(keys []string, value func(key string) string) expr {
	var b strings.Builder
	b.WriteString("{\n")
	for _, key := range keys {
		fmt.Fprintf(&b, "%s = %s\n", strconv.Quote(key), value(key))
	}
	b.WriteString("}")
	return expr(b.String())
}
