package emulate

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// invocation is one call of the function.
type invocation struct {
	payload []byte
	stream  bool // hand the answer on while it comes

	id       string
	deadline time.Time
	timer    *time.Timer
	replies  chan reply // gets one
	once     sync.Once
}

// reply is the result of an invocation. If it was streamed, body is what the
// function still writes; it ends with the error that ended it.
type reply struct {
	Result
	contentType string
	body        *io.PipeReader
}

// failed returns the reply that f is to a caller.
func failed(f *FunctionError) reply {
	if f == nil {
		return reply{}
	}
	text, err := json.Marshal(f)
	if err != nil { // cannot be: it is made of strings
		panic(err)
	}
	return reply{Result: Result{Payload: text, Error: f}}
}

// end gives the caller the reply, once.
func (i *invocation) end(r reply) { i.once.Do(func() { i.replies <- r }) }

// discard takes the reply that nobody waits for any more, so that the function can write it. It
// returns when there is one, which is at the end of i's time at the latest.
func (i *invocation) discard() {
	if r := <-i.replies; r.body != nil {
		_ = r.body.Close() // never fails
	}
}

// dispatch gives i to the process, and false if there is none any more. Its time
// begins.
func (e *environment) dispatch(i *invocation) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dead {
		return false
	}
	timeout := e.lambda.options.Timeout
	i.deadline = time.Now().Add(timeout)
	i.timer = time.AfterFunc(timeout, func() {
		e.close() // before the caller can call again
		i.end(failed(&FunctionError{"Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", i.id, timeout.Seconds())}))
		_ = e.end() // nobody asks how
	})
	e.pending[i.id] = i
	e.queue <- i // there is room: one for each place
	return true
}

// next is called when the process asks for work: what it did before is over.
func (e *environment) next() {
	e.mu.Lock()
	over := e.answered > 0
	if over {
		e.answered--
	}
	first := !e.begun
	e.begun = true
	e.mu.Unlock()
	if first {
		close(e.ready)
	}
	if over {
		e.lambda.release(e)
		e.mu.Lock()
		e.settling-- // only now: between the two, the place would be neither free nor about to be
		e.mu.Unlock()
	}
}

// settles reports whether a place is about to become free.
func (e *environment) settles() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.settling > 0 && !e.closed
}

// takes reports whether e may get invocations.
func (e *environment) takes() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.closed
}

func (e *environment) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
}

// take returns the invocation of that id, which is to be answered. Nil if it was, or
// never was.
func (e *environment) take(id string) *invocation {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := e.pending[id]
	delete(e.pending, id)
	return i
}

// finish ends i, which has been answered to the last byte, with r, unless its caller has
// a reply already.
func (e *environment) finish(i *invocation, r reply) {
	i.timer.Stop()
	e.mu.Lock()
	e.answered, e.settling = e.answered+1, e.settling+1 // first, so that the next call knows that a place is about to be free
	e.mu.Unlock()
	i.end(r)
}

// fail notes why the process is about to end, if it says so.
func (e *environment) fail(f *FunctionError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failure = f
}

// failPending answers the invocations that the process, which has ended, left unanswered.
func (e *environment) failPending(f *FunctionError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed, e.dead = true, true
	if e.failure == nil {
		e.failure = f
	}
	for _, i := range e.pending {
		i.timer.Stop()
		why := *e.failure
		why.Message = fmt.Sprintf("RequestId: %s Error: %s", i.id, why.Message)
		i.end(failed(&why))
	}
}
