package function

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/times"
	"switchyard/shared/fn"
)

// LambdaEvents is the package of the types of what AWS sends.
const LambdaEvents = "github.com/aws/aws-lambda-go/events"

// sourceKind is a type of event sources.
type sourceKind struct {
	zero   fn.Source
	record string // the type of its records in lambdaEvents
}

// sourceKinds returns the types of event sources by their names in shared/fn.
func sourceKinds() map[string]sourceKind {
	return map[string]sourceKind{
		"SQS":         {fn.SQS{}, "SQSMessage"},
		"SNS":         {fn.SNS{}, "SNSEventRecord"},
		"S3":          {fn.S3{}, "S3EventRecord"},
		"EventBridge": {fn.EventBridge{}, "EventBridgeEvent"},
		"Timer":       {fn.Timer{}, "EventBridgeEvent"},
		"Kinesis":     {fn.Kinesis{}, "KinesisEventRecord"},
		"DynamoDB":    {fn.DynamoDB{}, "DynamoDBEventRecord"},
	}
}

// Sourced is an event source where a Spec has it.
type Sourced struct {
	fn.Source
	Record string // the type of its records in lambdaEvents
	At     token.Position
}

// readSources reads and checks the event sources that a job takes records from.
func (m *reader) readSources(f *Function) {
	e := f.spec["From"]
	if e == nil {
		return
	}
	list, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		m.Report(m.At(e.Pos()), "From is computed: write it as a literal, []fn.Source{fn.SQS{Queue: …}}, so that it can be checked before anything runs")
		return
	}
	if len(list.Elts) == 0 && f.spec["Events"] == nil {
		m.Report(m.At(e.Pos()), "From is empty, so that it would never run: want event sources such as fn.SQS{Queue: %q}", "orders")
	}
	for _, e := range list.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if s, ok := m.readSource(f, e); ok {
			m.addSource(f, s)
		}
	}
}

// addSource notes that f runs on the records of s.
func (m *reader) addSource(f *Function, s Sourced) {
	same := func(other Sourced) bool { return reflect.DeepEqual(other.Source, s.Source) }
	named := func(e Mention) bool { return e.Event == s.Event() }
	known := slices.ContainsFunc(f.Sources, func(other Sourced) bool { return other.Event() == s.Event() })
	err := s.Check()
	timer, isTimer := s.Source.(fn.Timer)
	switch {
	case err != nil:
		m.Report(s.At, "%v", err)
		return
	case isTimer && times.TimerProblem(timer.Expression) != "":
		m.Report(s.At, "Timer has the Expression %q: %s", timer.Expression, times.TimerProblem(timer.Expression))
		return
	case slices.ContainsFunc(f.Sources, same):
		m.Report(s.At, "the source of the event %q is listed twice", s.Event())
		return
	case !known && slices.ContainsFunc(f.Events, named):
		m.Report(s.At, "the event %q is in Events already: leave it out there, since From brings it", s.Event())
		return
	case !known:
		f.Events = append(f.Events, Mention{s.Event(), s.At})
	}
	f.Sources = append(f.Sources, s)
}

// readSource reads the value of a source that e is.
func (m *reader) readSource(f *Function, e ast.Expr) (Sourced, bool) {
	at := m.At(e.Pos())
	want := "want a literal of one of fn." + strings.Join(slices.Sorted(maps.Keys(sourceKinds())), ", fn.")
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		m.Report(at, "a source is computed: %s", want)
		return Sourced{}, false
	}
	t := f.Info.Types[literal].Type
	if t == nil || gotype.IsInvalid(t) {
		return Sourced{}, false
	}
	for name, kind := range sourceKinds() {
		if !gotype.IsNamed(t, m.Contract("shared/fn"), name) {
			continue
		}
		v := reflect.New(reflect.TypeOf(kind.zero)).Elem()
		if wrong := evaluate(f, literal, v); wrong != nil {
			m.Report(m.At(wrong.Pos()), "this is computed: write it as a constant, so that it can be checked before anything runs")
			return Sourced{}, false
		}
		source, ok := reflect.TypeAssert[fn.Source](v)
		return Sourced{source, kind.record, at}, ok
	}
	m.Report(at, "a %s is no source that is known: %s", gotype.Show(t, f.Pkg), want)
	return Sourced{}, false
}

// evaluate sets v to what e says. It returns the expression of which that is not known,
// or nil.
func evaluate(f *Function, e ast.Expr, v reflect.Value) ast.Expr {
	if c := f.Info.Types[e].Value; c != nil {
		return assign(e, c, v)
	}
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		return e
	}
	switch shape := f.Info.Types[literal].Type.Underlying().(type) {
	case *types.Struct:
		return evaluateStruct(f, elements(literal, shape), v)
	case *types.Slice:
		return evaluateSlice(f, literal, v)
	case *types.Map:
		return evaluateMap(f, literal, v)
	}
	return e
}

func evaluateStruct(f *Function, fields map[string]ast.Expr, v reflect.Value) ast.Expr {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if wrong := evaluate(f, fields[name], v.FieldByName(name)); wrong != nil {
			return wrong
		}
	}
	return nil
}

func evaluateSlice(f *Function, literal *ast.CompositeLit, v reflect.Value) ast.Expr {
	for _, e := range literal.Elts {
		item := reflect.New(v.Type().Elem()).Elem()
		if wrong := evaluate(f, e, item); wrong != nil {
			return wrong
		}
		v.Set(reflect.Append(v, item))
	}
	return nil
}

func evaluateMap(f *Function, literal *ast.CompositeLit, v reflect.Value) ast.Expr {
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range literal.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return e
		}
		name, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if wrong := evaluate(f, kv.Key, name); wrong != nil {
			return wrong
		}
		if wrong := evaluate(f, kv.Value, value); wrong != nil {
			return wrong
		}
		v.SetMapIndex(name, value)
	}
	return nil
}

// assign sets v to the constant c that e is. It returns e if it cannot.
func assign(e ast.Expr, c constant.Value, v reflect.Value) ast.Expr {
	switch {
	case v.Kind() == reflect.String && c.Kind() == constant.String:
		v.SetString(constant.StringVal(c))
	case v.Kind() == reflect.Bool && c.Kind() == constant.Bool:
		v.SetBool(constant.BoolVal(c))
	case v.CanInt():
		n, exact := constant.Int64Val(constant.ToInt(c))
		if !exact || v.OverflowInt(n) {
			return e
		}
		v.SetInt(n)
	default:
		return e
	}
	return nil
}
