package connection

import (
	"context"
	"log/slog"
	"time"

	"switchyard/internal/backoff"
)

const (
	// patientClose is less than the SDK waits for running calls when it closes a
	// connection: 5 s. What takes longer it leaves to themselves.
	patientClose = 4 * time.Second
	// answerWithin is how long the SDK may take to send the answer of a call that has
	// ended: over HTTP, as it gives the connection up at once.
	answerWithin = 2 * time.Second
)

// finish takes no more calls, lets those that run finish and has their answers sent,
// all within the drain time.
func (c *Connector) finish(ctx context.Context) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.drain)
	defer cancel()
	sent := true
	if c.line != nil {
		defer c.line.cancel()
		sent = c.line.close(c.drain) && time.Since(began) < patientClose
	}
	tick := time.NewTicker(lookEvery / 10)
	defer tick.Stop()
	for c.host.Running() > 0 && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	if !sent {
		backoff.Sleep(ctx, answerWithin)
	}
	if ctx.Err() != nil {
		c.log.WarnContext(ctx, "calls of jobs, or their answers, were cut; Inngest makes them again",
			slog.Int64("running", c.host.Running()))
	}
}
