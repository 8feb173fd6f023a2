package schema

import (
	"math/big"
	"slices"
	"strings"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/postgres"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// The bits of the types of whole numbers.
var wholeNumbers = map[string]uint{ //nolint:gochecknoglobals // a constant
	"smallint": 16, "int2": 16, "int": 32, "integer": 32, "int4": 32, "bigint": 64, "int8": 64,
}

// otherNumbers are the types of all other numbers.
var otherNumbers = []string{"numeric", "decimal", "real", "float", "float4", "float8", "double_precision"} //nolint:gochecknoglobals // a constant

// ofTime are the types that have digits of a second, of which there are maxDigits at most.
var ofTime = []string{"timestamptz", "timestamp", "timetz", "time", "interval"} //nolint:gochecknoglobals // a constant

const maxDigits = 6

func aType(_ *checker, a *hclsyntax.Attribute) string {
	_, isCall := a.Expr.(*hclsyntax.FunctionCallExpr)
	if reference(a.Expr) == nil && !isCall || isCall && sqlProblem(a.Expr) {
		return `want a type without quotes: text, varchar(20), enum.mood; one of an SQL file or an extension is sql("name")`
	}
	if call, ok := a.Expr.(*hclsyntax.FunctionCallExpr); ok && slices.Contains(ofTime, call.Name) && len(call.Args) == 1 {
		if v, diags := call.Args[0].Value(nil); !diags.HasErrors() && v.Type() == cty.Number && v.AsBigFloat().Cmp(big.NewFloat(maxDigits)) > 0 {
			return "PostgreSQL keeps 6 digits of a second at most, and would cut off the rest"
		}
	}
	return ""
}

// operatorClass is what ops says.
func operatorClass(_ *checker, a *hclsyntax.Attribute) string {
	if t := reference(a.Expr); len(t) != 1 && (!isSQL(a.Expr) || sqlProblem(a.Expr)) {
		return `want an operator class without quotes: text_pattern_ops; one of an extension is sql("name")`
	}
	return ""
}

// aDefault wants a text, a number, true or false, or sql("…").
func aDefault(c *checker, a *hclsyntax.Attribute) string {
	if isSQL(a.Expr) && !sqlProblem(a.Expr) {
		return ""
	}
	v, ok := c.value(a)
	if !ok || v.Type() != cty.String && v.Type() != cty.Number && v.Type() != cty.Bool {
		return `want a text, a number, true, false, or sql("an expression"); a column without a default has no such line`
	}
	return ""
}

// isSQL reports whether e is sql("…").
func isSQL(e hclsyntax.Expression) bool {
	call, ok := e.(*hclsyntax.FunctionCallExpr)
	return ok && call.Name == "sql"
}

// sqlProblem reports whether e is sql(…) with something other than a text in it.
func sqlProblem(e hclsyntax.Expression) bool {
	if !isSQL(e) {
		return false
	}
	args := e.(*hclsyntax.FunctionCallExpr).Args
	if len(args) != 1 {
		return true
	}
	v, diags := args[0].Value(nil)
	return diags.HasErrors() || !isText(v) || strings.TrimSpace(v.AsString()) == ""
}

// isTyped reports whether there is a type of this name.
func isTyped(name string) bool {
	return slices.ContainsFunc(postgres.TypeRegistry.Specs(), func(s *schemahcl.TypeSpec) bool { return s.Name == name })
}

// columnType returns the name of the type of a column; "" if it is an enum or of SQL.
func columnType(column *hclsyntax.Block) string {
	a := column.Body.Attributes["type"]
	if a == nil || isSQL(a.Expr) {
		return ""
	}
	if call, ok := a.Expr.(*hclsyntax.FunctionCallExpr); ok {
		return call.Name
	}
	if t := reference(a.Expr); len(t) == 1 {
		return t.RootName()
	}
	return ""
}

// column reports what a column says that does not go together.
func (c *checker) column(b *hclsyntax.Block) {
	attributes := b.Body.Attributes
	def, as := attributes["default"], attributes["as"] != nil
	for _, other := range b.Body.Blocks {
		as = as || other.Type == "as"
		if def != nil && (other.Type == "identity" || other.Type == "as") {
			c.report(def.NameRange, "%s has a default, and a block %s: remove one", describeBlock(b), other.Type)
		}
	}
	if as && attributes["as"] != nil && slices.ContainsFunc(b.Body.Blocks, func(o *hclsyntax.Block) bool { return o.Type == "as" }) {
		c.report(b.DefRange(), "%s says twice what it is computed from: remove one as", describeBlock(b))
	}
	if def != nil && !isSQL(def.Expr) {
		if v, ok := c.value(def); ok {
			if want := defaultProblem(columnType(b), v); want != "" {
				c.report(def.NameRange, "default: %s", want)
			}
		}
	}
	c.enumDefault(b, def)
}

// defaultProblem says what a default of a column of this type must be, if v is not that.
func defaultProblem(typ string, v cty.Value) string {
	bits, whole := wholeNumbers[typ]
	number := v.Type() == cty.Number
	switch {
	case !isTyped(typ) || typ == "money":
	case whole && (!number || !v.AsBigFloat().IsInt()):
		return "want a whole number, without quotes"
	case whole && !fits(v.AsBigFloat(), bits):
		return "the number is too large for " + typ
	case slices.Contains(otherNumbers, typ) && !number:
		return "want a number, without quotes"
	case typ == "bool" || typ == "boolean":
		if v.Type() != cty.Bool {
			return "want true or false, without quotes"
		}
	case !whole && !slices.Contains(otherNumbers, typ) && v.Type() != cty.String:
		return `want a text in quotes, or sql("an expression")`
	}
	return ""
}

// fits reports whether a whole number has a place in so many bits.
func fits(f *big.Float, bits uint) bool {
	n, _ := f.Int(nil)
	limit := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return n.Cmp(limit) < 0 && n.Cmp(new(big.Int).Neg(limit)) >= 0
}

// enumDefault reports a default that is no value of the column's enum.
func (c *checker) enumDefault(b *hclsyntax.Block, def *hclsyntax.Attribute) {
	a := b.Body.Attributes["type"]
	if a == nil || def == nil || isSQL(def.Expr) {
		return
	}
	t := reference(a.Expr)
	if len(t) < 2 || t.RootName() != "enum" {
		return
	}
	name := stepName(t[len(t)-1])
	values, ok := c.enums[name]
	if v, is := c.value(def); ok && is && (!isText(v) || !slices.Contains(values, v.AsString())) {
		c.report(def.NameRange, "default: the enum %s has no such value", name)
	}
}
