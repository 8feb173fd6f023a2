package serve

import (
	"errors"
	"fmt"
	"net/http"

	"switchyard/router/internal/answer"
)

// errTooLong is what a function hears that writes more than its MaxAnswer.
var errTooLong = errors.New("the answer is longer than the function's MaxAnswer")

// length is how long the body of an answer is so far, and may be, in bytes. A limit of 0 is
// none, and nothing is counted.
type length struct{ written, limit int64 }

// add adds n bytes, and reports whether the body is too long with them.
func (l *length) add(n int) bool {
	if l.limit > 0 {
		l.written += int64(n)
	}
	return l.over()
}

// bars reports whether a body of n bytes is too long.
func (l *length) bars(n int) bool { return l.limit > 0 && int64(n) > l.limit }

func (l *length) over() bool { return l.written > l.limit }

// retract answers r with an error in place of an answer that is too long, unless a part of
// that has been sent, and reports whether it could.
func (x *exchange) retract(r *http.Request) bool {
	err := fmt.Errorf("the function %s answers with %d bytes or more, and its MaxAnswer is %d: "+
		"answer with less at once, or raise MaxAnswer", x.call.Function, x.answer.written, x.answer.limit)
	if !x.body.held {
		x.call.Problem = answer.Of(err)
		return false
	}
	x.body.held, x.status = false, 0
	if x.body.work != nil {
		x.body.work.bytes = nil
	}
	x.fail(r, err)
	return true
}
