package serve

import (
	"context"
	"errors"

	"switchyard/router/internal/answer"
)

// Cancel implements [overrun.Canceler]: the function's context ends, and if it has not begun
// to answer, the answer is why.
func (x *exchange) Cancel(why error) {
	c := &x.running
	c.fate.Lock()
	c.why = why
	c.fate.Unlock()
	c.context.End()
}

// canceled returns why the call was canceled; nil if it was not.
func (c *running) canceled() error {
	c.fate.Lock()
	defer c.fate.Unlock()
	return c.why
}

// hidden reports whether status is not to be sent: a function that was canceled
// says that its client has gone, which is not so.
func (x *exchange) hidden(status int) bool {
	return x.status == 0 && status == answer.StatusClientGone && x.running.canceled() != nil
}

// unanswered returns what to answer in place of a function that has returned without an
// answer, because its context has ended; nil if it has answered, or is to.
func (x *exchange) unanswered(ctx context.Context) error {
	if x.status != 0 {
		return nil
	}
	if why := x.running.canceled(); why != nil {
		return why
	}
	if err := ctx.Err(); errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
