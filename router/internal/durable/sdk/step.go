package sdk

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
)

// Step is a step that a call has come to: what it did, or wants of Inngest.
type Step struct {
	ID       string          // a hash of its name, and of how often the name has come before
	Name     string          // as the function calls it
	Op       string          // StepRun, StepError, StepFailed, StepPlanned, Sleep, WaitForEvent, InvokeFunction …
	Duration string          // of a Sleep, as 1w2d3h4m
	Timeout  string          // of what waits for something; "" for none
	Data     json.RawMessage // what a StepRun returned
}

// Result is that of a step, as Inngest sends it: {"data": …}, {"error": …}, an event, or
// null.
type Result struct {
	ID   string
	JSON json.RawMessage
}

// Results returns the results of the run's steps, in the order in which they came. It is
// to be asked before RestoreSteps.
func (c Call) Results() []Result {
	if c.manager == nil {
		return nil
	}
	left := maps.Clone(c.steps())
	var all []Result
	stack, _ := reflect.TypeAssert[[]string](c.request().FieldByName("CallCtx").FieldByName("Stack").FieldByName("Stack"))
	for _, id := range append(slices.Clone(stack), slices.Sorted(maps.Keys(left))...) {
		if result, ok := left[id]; ok {
			all = append(all, Result{id, result})
			delete(left, id)
		}
	}
	return all
}

// Steps returns the steps that the call has come to.
func (c Call) Steps() []Step {
	if c.manager == nil {
		return nil
	}
	var all []Step
	for op := range c.ops() {
		s := Step{ID: op.FieldByName("ID").String(), Name: op.FieldByName("Name").String(), Op: fmt.Sprint(op.FieldByName("Op"))}
		if user := op.FieldByName("Userland"); !user.IsNil() {
			s.Name = user.Elem().FieldByName("ID").String() // a step may have another name for people
		}
		opts, _ := reflect.TypeAssert[map[string]any](op.FieldByName("Opts"))
		s.Duration, _ = opts["duration"].(string)
		s.Timeout, _ = opts["timeout"].(string)
		s.Data, _ = reflect.TypeAssert[json.RawMessage](op.FieldByName("Data"))
		all = append(all, s)
	}
	return all
}

// ops returns what the call wants of Inngest, each as the SDK's struct.
func (c Call) ops() iter.Seq[reflect.Value] {
	ops := reflect.ValueOf(c.manager).MethodByName("Ops").Call(nil)[0]
	return func(yield func(reflect.Value) bool) {
		for i := range ops.Len() {
			if !yield(ops.Index(i)) {
				return
			}
		}
	}
}
