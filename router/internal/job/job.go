// Package job binds jobs and schedules, as package endpoint binds typed functions: what
// runs them need not know their types, and they link nothing of it.
package job

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// Binding is a job or a schedule, ready to be run by a host. Make one with [New] or
// [NewSchedule].
type Binding interface {
	// Run handles an event with this data.
	Run(ctx context.Context, data json.RawMessage) (any, error)
	// Fits returns an error if the function cannot take an event with this data. It runs
	// nothing of the function.
	Fits(data json.RawMessage) error
	// Failed returns what is to be called when a run has given up, or nil.
	Failed() func(ctx context.Context, data json.RawMessage, cause error) error
	// List reports whether the function takes a list of what events carry.
	List() bool
}

// New binds a job. If f also has
//
//	Failed(ctx context.Context, in *I, cause error) error
//
// it is called with the input of each run that has given up, durably, as a run
// of its own. The text of cause is that of the error the run ended with.
//
// I is decoded from the event's data by package ijson; a run whose data does not fit
// fails at once. If runs handle several events at once, I is a slice.
func New[I, O any](f interface {
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

func (j job[I, O]) Run(ctx context.Context, data json.RawMessage) (any, error) {
	in, err := Decode[I](data)
	if err != nil {
		return nil, err
	}
	return j.handle(ctx, in)
}

func (job[I, O]) Fits(data json.RawMessage) error {
	_, err := Decode[I](data)
	return err
}

func (j job[I, O]) Failed() func(context.Context, json.RawMessage, error) error {
	f, ok := j.function.(interface {
		Failed(ctx context.Context, in *I, cause error) error
	})
	if !ok {
		return nil
	}
	return func(ctx context.Context, data json.RawMessage, cause error) error {
		in, err := Decode[I](data)
		if err != nil {
			return err
		}
		return f.Failed(ctx, in, cause)
	}
}

func (j job[I, O]) List() bool { return reflect.TypeFor[I]().Kind() == reflect.Slice }

type schedule func(context.Context) error

func (s schedule) Run(ctx context.Context, _ json.RawMessage) (any, error) { return nil, s(ctx) }

func (schedule) Fits(json.RawMessage) error { return nil }

func (schedule) Failed() func(context.Context, json.RawMessage, error) error { return nil }

func (schedule) List() bool { return false }

// Decode returns the data of an event as I; the zero value if there is none. Its error is
// permanent: the data will not fit next time.
func Decode[I any](data json.RawMessage) (*I, error) {
	in := new(I)
	if len(data) == 0 {
		return in, nil
	}
	if err := ijson.Unmarshal(data, in); err != nil {
		return nil, fault.Permanent(fmt.Errorf("the event's data does not fit %T: %w", in, err))
	}
	return in, nil
}
