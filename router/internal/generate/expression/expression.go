// Package expression checks CEL expressions by the rules of Inngest, which evaluates
// them. Only the program that writes the catalog links it, since the language is heavy.
package expression

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"switchyard/router/internal/generate/function"
)

// Judge implements [function.Judge].
func Judge(text string, use function.Use) function.Verdict {
	env, err := sharedEnvironment()
	if err != nil {
		return function.Verdict{Wrong: err.Error()}
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		wrong := fmt.Sprintf("is not understood: %s, at column %d", first.Message, first.Location.Column()+1)
		if strings.HasSuffix(first.Message, "at: '= '") {
			wrong += "; values are compared by =="
		}
		return function.Verdict{Wrong: wrong, Line: first.Location.Line()}
	}
	root := checked.NativeRep().Expr()
	wrong := unfit(checked.NativeRep(), use)
	if use == function.Cancellation && wrong == "" {
		wrong = unlogical(root)
	}
	return function.Verdict{Wrong: wrong, Line: 1, Reads: reads(root)}
}

//nolint:gochecknoglobals // it takes some milliseconds to make, and never changes
var sharedEnvironment = sync.OnceValues(environment)

// unfit says why the value of an expression is of no use, or "".
func unfit(checked *ast.AST, use function.Use) string {
	t := checked.GetType(checked.Expr().ID())
	switch {
	case use == function.Key:
		return ""
	case use == function.Priority && !whole(checked, checked.Expr()):
		return "is no whole number to Inngest, and so has no effect: write int(…), or numbers such as event.data.paid ? 120 : 0"
	case use != function.Priority && isArithmetic(checked.Expr()):
		return "is a sum or the like, which is never true: compare it, as in event.data.size + 1 > 2"
	case use == function.Priority || slices.Contains([]cel.Kind{cel.BoolKind, cel.DynKind, cel.AnyKind}, t.Kind()):
		return ""
	}
	return fmt.Sprintf("is a value of type %s: want one that is true or false, such as event.data.size > 0", t)
}

// whole reports whether e is a whole number, which its type does not say of a sum.
func whole(checked *ast.AST, e ast.Expr) bool {
	if checked.GetType(e.ID()).Kind() == cel.IntKind {
		return true
	}
	if e.Kind() != ast.CallKind {
		return false
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.Conditional:
		args = args[1:]
	default:
		if !isArithmetic(e) {
			return false
		}
	}
	return !slices.ContainsFunc(args, func(arg ast.Expr) bool { return !whole(checked, arg) })
}

// isArithmetic reports whether e is a sum or the like. Its type does not say so: to Inngest
// operators take values of any types.
func isArithmetic(e ast.Expr) bool {
	if e.Kind() != ast.CallKind {
		return false
	}
	switch e.AsCall().FunctionName() {
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate:
		return true
	}
	return false
}

// unlogical says what in an expression Inngest does not allow where events stop a run,
// or "": it takes comparisons, and, or, not, conditions and conversions to numbers.
//
// Source: DefaultRestrictiveValidationPolicy of pkg/expressions/validation.go, which does
// not look into lists.
func unlogical(e ast.Expr) string {
	const want = "which Inngest does not take in CancelOn: compare fields, such as event.data.id == async.data.id"
	call := e.AsCall() // empty if e is none
	switch {
	case e.Kind() == ast.ComprehensionKind:
		return "goes through a list, " + want
	case e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly():
		return "uses has(), " + want
	case e.Kind() == ast.SelectKind:
		return unlogical(e.AsSelect().Operand())
	case e.Kind() == ast.CallKind && !logical(call.FunctionName()):
		return fmt.Sprintf("uses %s, %s", spelled(call.FunctionName()), want)
	}
	for _, arg := range call.Args() {
		if wrong := unlogical(arg); wrong != "" {
			return wrong
		}
	}
	return ""
}

func logical(function string) bool {
	switch function {
	case operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot,
		operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater,
		operators.GreaterEquals, operators.Index, operators.OptIndex, operators.OptSelect, operators.In,
		"int", "uint", "double":
		return true
	}
	return false
}

// spelled returns what a function is called in an expression.
func spelled(function string) string {
	if operator, ok := operators.FindReverse(function); ok && operator != "" {
		return operator
	}
	return strings.Trim(function, "_") + "()"
}
