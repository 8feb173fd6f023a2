package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/backoff"
	"switchyard/internal/migrate/plan"
	"switchyard/shared/fault"
)

const (
	// look is how often a second connection looks at who is in the way: often enough to see
	// them before lockTimeout ends.
	look = 100 * time.Millisecond
	// slow is what deserves a line; more is when the next one follows.
	slow = 2 * time.Second
	more = 5 * time.Second
	// again is when those who are in the way are named again.
	again = 10 * time.Second
	// lull is for how long nobody is seen in the way if nobody is: longer than between tries.
	lull = 6 * time.Second
	// stopping is how long the server may take to stop a statement.
	stopping = 5 * time.Second
)

// retry is when a lock is tried for again. While nobody waits for it, others go on.
func retry() backoff.Policy {
	return backoff.Policy{First: 500 * time.Millisecond, Longest: 5 * time.Second}
}

// try is a step that runs, as often as it takes until nobody is in its way.
type try struct {
	step     plan.Step
	began    time.Time
	said     time.Time // that it goes on
	named    time.Time // who is in the way
	since    time.Time // when somebody came into the way, who still was at last
	last     time.Time // when somebody was seen in the way
	waited   time.Duration
	blockers []blocker // that were seen last
	ended    []string  // sentences on those whose work was ended
	endedAt  time.Time
	progress func(context.Context) string
	// bounded says that the statement gives up after Patience, since nothing else ends it.
	bounded bool
	gaveUp  bool
}

func begin(s plan.Step) *try { return &try{step: s, began: time.Now()} }

// history says who was waited for, and whose work was ended.
func (t *try) history() string {
	var parts []string
	for _, b := range t.blockers {
		parts = append(parts, b.who())
	}
	return bounded(strings.Join(append(parts, t.ended...), "; "), 2000)
}

// seen notes who is in the way at this moment.
func (t *try) seen(blockers []blocker) {
	now := time.Now()
	if now.Sub(t.last) > lull {
		t.since = now
	} else {
		t.waited += now.Sub(t.last)
	}
	t.last = now
	if len(blockers) > 0 {
		t.blockers = blockers
	}
}

// blocked reports whether somebody is in the way.
func (t *try) blocked() bool { return time.Since(t.last) < slow }

// exec runs one statement. Meanwhile a second connection looks at what holds it up, and
// stops it when ctx ends.
func (r *runner) exec(ctx context.Context, t *try, sql string) (tag pgconn.CommandTag, err error) {
	if ctx.Err() != nil {
		return tag, ctx.Err()
	}
	running, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		r.attend(ctx, t, done, abandon)
	}()
	tag, err = r.conn.Exec(running, sql)
	close(done)
	<-watched
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), clean(err))
	}
	return tag, err
}

// attend looks at a statement until it is done, and stops it if it must.
func (r *runner) attend(ctx context.Context, t *try, done <-chan struct{}, abandon func()) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			r.stop(ctx, done, abandon)
			return
		case <-ticker.C:
			r.observe(ctx, t)
			if t.bounded && t.blocked() && t.last.Sub(t.since) > r.Patience {
				t.gaveUp = true
				r.stop(ctx, done, abandon)
				return
			}
		}
	}
}

// stop has the server stop the statement, and if it does not, closes the connection.
func (r *runner) stop(ctx context.Context, done <-chan struct{}, abandon func()) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	_ = r.conn.PgConn().CancelRequest(ctx)
	select {
	case <-done:
	case <-ctx.Done():
		abandon()
	}
}

// insist runs do until no lock is in its way any more, for Patience at most.
func (r *runner) insist(ctx context.Context, t *try, do func() error) error {
	for failures := 1; ; failures++ {
		err := do()
		if !busy(err) {
			return err
		}
		t.seen(nil)
		if t.last.Sub(t.since) > r.Patience {
			return t.inTheWay(err)
		}
		if !backoff.Sleep(ctx, retry().After(failures)) {
			return ctx.Err()
		}
	}
}

// busy reports whether err says that a lock could not be had.
func busy(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && slices.Contains([]string{"55P03", "40P01"}, refused.Code)
}

// inTheWay is the error of a statement that has waited for too long.
func (t *try) inTheWay(cause error) error {
	who := "others that could not be seen"
	if len(t.blockers) > 0 {
		who = t.blockers[0].sentence()
	}
	return fault.New(fault.Unavailable, "%s: it has waited for %s, because of %s. Nothing of this statement was done. "+
		"Wait until that is over, or end it, and migrate again; with --cancel-blockers the migration ends it itself",
		summary(t.step.SQL), round(t.waited), who).Because(clean(cause))
}
