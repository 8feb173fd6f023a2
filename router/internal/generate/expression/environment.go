package expression

import (
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/stdlib"
)

// environment returns what expressions may use in Inngest: CEL's standard library, with
// operators that take values of different types, and functions of its own.
//
// Source: github.com/inngest/inngest v1.19.3, pkg/expressions/exprenv; v1.44.0 is the
// same. Both use cel-go v0.27.0, as we do.
func environment() (*cel.Env, error) {
	options := []cel.EnvOption{cel.Macros(cel.StandardMacros...)}
	for _, name := range []string{"event", "async", "vars"} {
		options = append(options, cel.Variable(name, cel.MapType(cel.StringType, cel.DynType)))
	}
	for _, function := range stdlib.Functions() {
		if !slices.Contains(loose(), function.Name()) {
			options = append(options, cel.FunctionDecls(function))
		}
	}
	for _, name := range loose() {
		result := cel.BoolType
		if name == operators.Add {
			result = cel.AnyType
		}
		options = append(options, takes(name, result, cel.AnyType, cel.AnyType))
	}
	return cel.NewCustomEnv(append(options, own()...)...)
}

// loose returns the operators that take values of different types.
func loose() []string {
	return []string{
		operators.Add, operators.Equals, operators.NotEquals,
		operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
	}
}

// own returns the functions that CEL does not have.
func own() []cel.EnvOption {
	return []cel.EnvOption{
		takes("lowercase", cel.StringType, cel.StringType),
		takes("uppercase", cel.StringType, cel.StringType),
		takes("b64decode", cel.StringType, cel.StringType),
		takes("json_parse", cel.AnyType, cel.StringType),
		takes("date", cel.TimestampType, cel.AnyType),
		takes("now", cel.TimestampType),
		takes("now_plus", cel.TimestampType, cel.StringType),
		takes("now_minus", cel.TimestampType, cel.StringType),
	}
}

func takes(name string, result *cel.Type, args ...*cel.Type) cel.EnvOption {
	return cel.Function(name, cel.Overload(name, args, result))
}
