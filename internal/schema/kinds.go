package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// kind says what is wrong with the value of an attribute, and what is wanted; "" if
// nothing is. Atlas itself makes true of "true", and passes over words that it does not know.
type kind func(c *checker, a *hclsyntax.Attribute) string

// maxName is how many bytes of a name PostgreSQL keeps: it cuts off the rest.
const maxName = 63

func trueOrFalse(c *checker, a *hclsyntax.Attribute) string {
	if v, ok := c.value(a); !ok || v.Type() != cty.Bool {
		return "want true or false, without quotes"
	}
	return ""
}

// writtenOut is for a word that Atlas does not know, nor what its value refers to.
func writtenOut(_ *checker, a *hclsyntax.Attribute) string {
	if _, ok := literalBool(a); !ok {
		return "want true or false, without quotes"
	}
	return ""
}

func aNumber(c *checker, a *hclsyntax.Attribute) string {
	if v, ok := c.value(a); !ok || v.Type() != cty.Number || !v.AsBigFloat().IsInt() || v.AsBigFloat().Sign() == 0 {
		return "want a whole number other than 0, without quotes"
	}
	return ""
}

func someText(c *checker, a *hclsyntax.Attribute) string {
	if v, ok := c.value(a); !ok || !isText(v) || strings.TrimSpace(v.AsString()) == "" {
		return "want a text in quotes that is not empty"
	}
	return ""
}

func someName(_ *checker, a *hclsyntax.Attribute) string {
	name := literal(a)
	if name == "" {
		return "want a name in quotes"
	}
	if problem := nameProblem(name); problem != "" {
		return "the name " + problem
	}
	return ""
}

// nameProblem says why PostgreSQL would not keep a name as it is; "" if it does.
func nameProblem(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > maxName:
		return fmt.Sprintf("%s has %d bytes, of which PostgreSQL would keep %d: make it shorter", name, len(name), maxName)
	}
	return ""
}

// oneOf wants one of words, with or without quotes.
func oneOf(words ...string) kind {
	return func(_ *checker, a *hclsyntax.Attribute) string {
		word := hcl.ExprAsKeyword(a.Expr)
		if word == "" {
			word = literal(a)
		}
		if !slices.Contains(words, word) {
			return fmt.Sprintf("want one of %s%s", strings.Join(words, ", "), near(word, words))
		}
		return ""
	}
}

// action is what on_delete and on_update say.
func action(_ *checker, a *hclsyntax.Attribute) string {
	words := []string{"NO_ACTION", "RESTRICT", "CASCADE", "SET_NULL", "SET_DEFAULT"}
	if word := hcl.ExprAsKeyword(a.Expr); !slices.Contains(words, word) {
		return fmt.Sprintf("want one of %s, without quotes%s", strings.Join(words, ", "), near(word, words))
	}
	return ""
}

// someValues are those of an enum.
func someValues(c *checker, a *hclsyntax.Attribute) string {
	v, ok := c.value(a)
	if !ok || !v.CanIterateElements() || v.Type().IsObjectType() || v.LengthInt() == 0 {
		return `want at least one text: ["a", "b"]`
	}
	seen := map[string]bool{}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if !isText(e) {
			return `want texts in quotes: ["a", "b"]`
		}
		if problem := nameProblem(e.AsString()); problem != "" {
			return "a value " + problem
		}
		if seen[e.AsString()] {
			return fmt.Sprintf("the value %q is there twice", e.AsString())
		}
		seen[e.AsString()] = true
	}
	return ""
}

func isText(v cty.Value) bool { return !v.IsNull() && v.IsKnown() && v.Type() == cty.String }

// value returns the value of an attribute that is written out, or a local one.
func (c *checker) value(a *hclsyntax.Attribute) (v cty.Value, ok bool) {
	v, diags := a.Expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"local": cty.ObjectVal(c.locals)}})
	return v, !diags.HasErrors() && v.IsWhollyKnown() && !v.IsNull()
}
