package apply

import (
	"context"

	"switchyard/internal/migrate/plan"
)

// together runs steps in one transaction.
func (r *runner) together(ctx context.Context, steps []plan.Step) error {
	for _, s := range steps {
		r.announce(s.SQL)
	}
	t := begin(steps[0])
	var at plan.Step // which runs
	err := r.transaction(ctx, t, func() error {
		for i, s := range steps {
			own := t
			if i > 0 { // what was waited for stands with the first
				own = begin(s)
			}
			at = s
			if _, err := r.exec(ctx, own, s.SQL); err != nil {
				return err
			}
			if err := r.did(ctx, r.conn, s, own, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r.failed(ctx, at, t, explain(summary(at.SQL), err))
	}
	return nil
}

// transaction runs do in a transaction, again and again until no lock is in the way.
func (r *runner) transaction(ctx context.Context, t *try, do func() error) error {
	return r.insist(ctx, t, func() error {
		if _, err := r.exec(ctx, t, "BEGIN"); err != nil {
			return err
		}
		err := r.pushAside(ctx, t)
		if err == nil {
			err = do()
		}
		if err == nil {
			_, err = r.exec(ctx, t, "COMMIT")
		}
		if err != nil && !r.conn.IsClosed() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), aftermath)
			defer cancel()
			_, _ = r.conn.Exec(ctx, "ROLLBACK") // if it fails, so will the next statement
		}
		return err
	})
}

// pushAside has an autovacuum that was in the way end. PostgreSQL ends it for whoever waits
// longer than deadlock_timeout, 1 s, which lockTimeout never does; the lock for which we
// wait that long here hinders neither readers nor writers.
func (r *runner) pushAside(ctx context.Context, t *try) error {
	for _, b := range t.blockers {
		if b.vacuums == "" {
			continue
		}
		for _, sql := range []string{
			"SET LOCAL lock_timeout = '3s'",
			"LOCK TABLE " + b.vacuums + " IN SHARE UPDATE EXCLUSIVE MODE",
			"SET LOCAL lock_timeout = '" + lockTimeout + "'",
		} {
			if _, err := r.exec(ctx, t, sql); err != nil {
				return err
			}
		}
	}
	return nil
}
