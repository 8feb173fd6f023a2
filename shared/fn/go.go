package fn

import (
	"context"
	"fmt"
)

// How many tasks run at once: functions that [Go] has begun.
const (
	MaxTasks         = 32  // of one call
	MaxFunctionTasks = 512 // of all calls of one function in a process
)

// Go runs f beside the rest of the call that ctx belongs to, as a task of its own, and does
// not wait for it. The function that it returns does, and returns the error of f.
//
//	total := fn.Go(ctx, "total", func(ctx context.Context) (err error) {
//		n, err = f.count(ctx)
//		return err
//	})
//	… // meanwhile
//	if err := total(); err != nil {
//		return nil, err
//	}
//
// It takes the place of the go statement, which a function may not use: a panic would end
// the process there, with all other functions in it, and nobody would know of what is left
// running. A panic of f is an error of type [*PanicError], and is logged with the name of
// the task and counted as the function's. An error that nobody has waited for is logged
// when the call ends.
//
// A task belongs to its call: the call's Timeout ends ctx, and the call ends when its tasks
// have, also if the function has returned before. What may be done after the answer is
// work for a job, which runs on an event.
//
// At once there run [MaxTasks] of a call and [MaxFunctionTasks] of a function at most. Go
// waits until f can begin, so that a task should not begin others and wait for them. If
// ctx ends before that, f does not run, and the error is that of ctx.
//
// Outside of a call, as in a test, f just runs: nobody bounds it, and nobody recovers it.
func Go(ctx context.Context, name string, f func(ctx context.Context) error) (wait func() error) {
	t := &task{ctx: ctx, name: name, done: make(chan struct{})}
	switch c := CallOf(ctx); {
	case c == nil:
		go t.run(f)
	case c.begins(t):
		go c.run(t, f)
	default:
		close(t.done)
	}
	return t.wait
}

// PanicError is a panic of a task.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says what the panic said.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }
