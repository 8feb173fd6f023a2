package durable

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// Binding is a job or a schedule, ready to be run by a [Host]. Make one with
// [NewJob] or [NewSchedule].
type Binding interface {
	// run handles an event with this data.
	run(ctx context.Context, data json.RawMessage) (any, error)
	// failed returns what is to be called when a run has given up, or nil.
	failed() func(ctx context.Context, data json.RawMessage, cause error) error
	// list reports whether the function takes a list of what events carry.
	list() bool
}

// NewJob binds a job. If f also has
//
//	Failed(ctx context.Context, in *I, cause error) error
//
// it is called with the input of each run that has given up, durably, as a run
// of its own. The text of cause is that of the error the run ended with.
//
// I is decoded from the event's data by package ijson; a run whose data does not fit
// fails at once. If runs handle several events at once, I is a slice.
func NewJob[I, O any](f interface {
	Handle(ctx context.Context, in *I) (*O, error)
},
) Binding {
	return job[I, O]{f.Handle, f}
}

// NewSchedule binds a schedule.
func NewSchedule(f interface {
	Handle(ctx context.Context) error
},
) Binding {
	return schedule(f.Handle)
}

type job[I, O any] struct {
	handle   func(context.Context, *I) (*O, error)
	function any
}

func (j job[I, O]) run(ctx context.Context, data json.RawMessage) (any, error) {
	in, err := decode[I](data)
	if err != nil {
		return nil, err
	}
	return j.handle(ctx, in)
}

func (j job[I, O]) failed() func(context.Context, json.RawMessage, error) error {
	f, ok := j.function.(interface {
		Failed(ctx context.Context, in *I, cause error) error
	})
	if !ok {
		return nil
	}
	return func(ctx context.Context, data json.RawMessage, cause error) error {
		in, err := decode[I](data)
		if err != nil {
			return err
		}
		return f.Failed(ctx, in, cause)
	}
}

func (j job[I, O]) list() bool { return reflect.TypeFor[I]().Kind() == reflect.Slice }

type schedule func(context.Context) error

func (s schedule) run(ctx context.Context, _ json.RawMessage) (any, error) { return nil, s(ctx) }

func (schedule) failed() func(context.Context, json.RawMessage, error) error { return nil }

func (schedule) list() bool { return false }

func decode[I any](data json.RawMessage) (*I, error) {
	in := new(I)
	if len(data) == 0 {
		return in, nil
	}
	if err := ijson.Unmarshal(data, in); err != nil {
		return nil, fault.Permanent(fmt.Errorf("the event's data does not fit %T: %w", in, err))
	}
	return in, nil
}
