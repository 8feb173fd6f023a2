package lambda

import (
	"context"
	"time"
)

// What is kept back of the time that Lambda gives an event: a tenth of it within
// these bounds. When the time is over, Lambda kills the process, and what it had to
// say is lost.
const (
	minMargin = 50 * time.Millisecond
	maxMargin = time.Second
)

// maxFlush bounds what is done before the reply.
const maxFlush = 5 * time.Second

// invocation is an event while it is handled.
type invocation struct {
	host    *Host
	cancel  context.CancelFunc
	last    time.Time // by when everything must be done; zero if there is no limit
	flushes []func(context.Context) error
}

// begin begins the handling of an event. The context that it returns ends early
// enough for an answer that says so.
func (h *Host) begin(ctx context.Context) (context.Context, *invocation) {
	h.busy.RLock()
	i := &invocation{host: h}
	if deadline, ok := ctx.Deadline(); ok {
		margin := min(max(time.Until(deadline)/10, minMargin), maxMargin)
		i.last = deadline.Add(-margin / 4)
		ctx, i.cancel = context.WithDeadline(ctx, deadline.Add(-margin))
	} else {
		ctx, i.cancel = context.WithCancel(ctx)
	}
	for _, track := range h.config.Track {
		i.flushes = append(i.flushes, track())
	}
	return ctx, i
}

// flush does what has to be done before the reply. That something fails is no reason
// to fail the event, which has been handled: what is kept for later is tried again.
func (i *invocation) flush(ctx context.Context) {
	if len(i.flushes) == 0 {
		return
	}
	last := time.Now().Add(maxFlush)
	if !i.last.IsZero() && i.last.Before(last) {
		last = i.last
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), last)
	defer cancel()
	for _, flush := range i.flushes {
		if err := safely(func() error { return flush(ctx) }); err != nil {
			i.host.fail(ctx, "flush", err)
		}
	}
	i.flushes = nil
}

// end ends the handling.
func (i *invocation) end() {
	i.cancel()
	i.host.ended.Store(time.Now().UnixNano())
	i.host.busy.RUnlock()
}
