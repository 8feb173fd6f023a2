package lint

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"strconv"
	"strings"

	"switchyard/shared/fn"
)

const (
	clientType = "Client"
	maxAnswer  = "MaxAnswer"
)

// literal refuses clients that wait for ever, and Specs of answers that no host sends whole.
func (c *checker) literal(l *ast.CompositeLit) {
	n, ok := types.Unalias(c.folder.Info.TypeOf(l)).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return
	}
	fields := map[string]ast.Expr{}
	for _, e := range l.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				fields[id.Name] = kv.Value
			}
		}
	}
	switch p, name := n.Obj().Pkg().Path(), n.Obj().Name(); {
	case p == "net/http" && name == clientType && fields["Timeout"] == nil:
		c.refuse(l, clientRule, "an http.Client without Timeout")
	case p == c.Contract("shared/fn") && fields[maxAnswer] != nil && fields["Stream"] == nil:
		c.answer(name, fields[maxAnswer])
	}
}

// answer refuses the bound of the answers of a function of this kind if it is too wide.
func (c *checker) answer(kind string, bound ast.Expr) {
	value := c.folder.Info.Types[bound].Value
	if value == nil {
		return
	}
	bytes, exact := constant.Int64Val(constant.ToInt(value))
	switch {
	case exact && bytes < 0 && kind == "Endpoint":
		c.refuse(bound, answerRule, "an answer without a bound")
	case !exact || bytes > fn.DefaultMaxAnswer:
		c.refuse(bound, answerRule, fmt.Sprintf("an answer of %s bytes", value.ExactString()))
	}
}

// imports refuses packages that keep a clock of their own.
func (c *checker) imports(file *ast.File) {
	for _, spec := range schedulers(file) {
		c.refuse(spec, cronRule, spec.Path.Value)
	}
}

// schedulers returns the imports of packages that do something at given times.
func schedulers(file *ast.File) (found []*ast.ImportSpec) {
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		for _, known := range []string{"github.com/robfig/cron", "github.com/go-co-op/gocron"} {
			if p == known || strings.HasPrefix(p, known+"/") {
				found = append(found, spec)
			}
		}
	}
	return found
}
