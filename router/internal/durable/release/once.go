package release

import (
	"context"
	"errors"
	"fmt"
)

// Once registers this release and returns when Inngest has it. The release then counts
// as one that lives until another one of its service is registered, in this way or by
// a process that stays: for functions whose hosts say nothing between two calls.
//
// It waits for Inngest and the database as [Registrar.Run] does, until ctx ends. It is
// called in place of Run.
func (r *Registrar) Once(ctx context.Context) error {
	// What the service had before is gone, this release too if it has been registered
	// before: a release that returns counts as new.
	if _, err := r.db.Exec(ctx, `UPDATE job_release SET seen_at = '-infinity' WHERE origin = $1`, r.origin()); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(running)
	}()
	select {
	case <-r.registered:
	case <-ctx.Done():
	}
	stop()
	<-ended
	if err := ctx.Err(); err != nil {
		return errors.Join(errors.New("the jobs are not registered with Inngest; the log says why"), err)
	}
	_, err := r.db.Exec(ctx, `WITH stays AS (
			UPDATE job_release SET seen_at = 'infinity' WHERE origin = $1 AND release = $2
		) DELETE FROM job_release WHERE origin = $1 AND release <> $2 AND seen_at = '-infinity'`, r.origin(), r.release)
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}
