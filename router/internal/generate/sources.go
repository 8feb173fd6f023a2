package generate

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"

	"switchyard/shared/fn"
)

// lambdaEvents is the package of the types of what AWS sends.
const lambdaEvents = "github.com/aws/aws-lambda-go/events"

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

// sourced is an event source where a Spec has it.
type sourced struct {
	fn.Source
	record string // the type of its records in lambdaEvents
	at     token.Position
}

// readSources reads and checks the event sources that a job takes records from.
func (m *module) readSources(f *function) {
	e := f.spec["From"]
	if e == nil {
		return
	}
	list, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		m.report(m.at(e.Pos()), "From is computed: write it as a literal, []fn.Source{fn.SQS{Queue: …}}, so that it can be checked before anything runs")
		return
	}
	if len(list.Elts) == 0 && f.spec["Events"] == nil {
		m.report(m.at(e.Pos()), "From is empty, so that it would never run: want event sources such as fn.SQS{Queue: %q}", "orders")
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
func (m *module) addSource(f *function, s sourced) {
	same := func(other sourced) bool { return reflect.DeepEqual(other.Source, s.Source) }
	named := func(e mention) bool { return e.event == s.Event() }
	known := slices.ContainsFunc(f.sources, func(other sourced) bool { return other.Event() == s.Event() })
	err := s.Check()
	timer, isTimer := s.Source.(fn.Timer)
	switch {
	case err != nil:
		m.report(s.at, "%v", err)
		return
	case isTimer && timerProblem(timer.Expression) != "":
		m.report(s.at, "Timer has the Expression %q: %s", timer.Expression, timerProblem(timer.Expression))
		return
	case slices.ContainsFunc(f.sources, same):
		m.report(s.at, "the source of the event %q is listed twice", s.Event())
		return
	case !known && slices.ContainsFunc(f.events, named):
		m.report(s.at, "the event %q is in Events already: leave it out there, since From brings it", s.Event())
		return
	case !known:
		f.events = append(f.events, mention{s.Event(), s.at})
	}
	f.sources = append(f.sources, s)
}

// readSource reads the value of a source that e is.
func (m *module) readSource(f *function, e ast.Expr) (sourced, bool) {
	at := m.at(e.Pos())
	want := "want a literal of one of fn." + strings.Join(slices.Sorted(maps.Keys(sourceKinds())), ", fn.")
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		m.report(at, "a source is computed: %s", want)
		return sourced{}, false
	}
	t := f.info.Types[literal].Type
	if t == nil || isInvalid(t) {
		return sourced{}, false
	}
	for name, kind := range sourceKinds() {
		if !isNamed(t, m.contract("shared/fn"), name) {
			continue
		}
		v := reflect.New(reflect.TypeOf(kind.zero)).Elem()
		if wrong := evaluate(f, literal, v); wrong != nil {
			m.report(m.at(wrong.Pos()), "this is computed: write it as a constant, so that it can be checked before anything runs")
			return sourced{}, false
		}
		source, ok := reflect.TypeAssert[fn.Source](v)
		return sourced{source, kind.record, at}, ok
	}
	m.report(at, "a %s is no source that is known: %s", show(t, f.pkg), want)
	return sourced{}, false
}

// evaluate sets v to what e says. It returns the expression of which that is not known,
// or nil.
func evaluate(f *function, e ast.Expr, v reflect.Value) ast.Expr {
	if c := f.info.Types[e].Value; c != nil {
		return assign(e, c, v)
	}
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		return e
	}
	switch shape := f.info.Types[literal].Type.Underlying().(type) {
	case *types.Struct:
		return evaluateStruct(f, elements(literal, shape), v)
	case *types.Slice:
		return evaluateSlice(f, literal, v)
	case *types.Map:
		return evaluateMap(f, literal, v)
	}
	return e
}

func evaluateStruct(f *function, fields map[string]ast.Expr, v reflect.Value) ast.Expr {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if wrong := evaluate(f, fields[name], v.FieldByName(name)); wrong != nil {
			return wrong
		}
	}
	return nil
}

func evaluateSlice(f *function, literal *ast.CompositeLit, v reflect.Value) ast.Expr {
	for _, e := range literal.Elts {
		item := reflect.New(v.Type().Elem()).Elem()
		if wrong := evaluate(f, e, item); wrong != nil {
			return wrong
		}
		v.Set(reflect.Append(v, item))
	}
	return nil
}

func evaluateMap(f *function, literal *ast.CompositeLit, v reflect.Value) ast.Expr {
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
