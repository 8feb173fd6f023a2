package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// watch is a second connection, from which the first is looked at.
type watch struct {
	config *pgx.ConnConfig
	pid    uint32 // of the first
	conn   *pgx.Conn
	blind  bool // said that there is no second connection
}

// watching bounds a look.
const watching = 5 * time.Second

func (w *watch) close(ctx context.Context) {
	if w.conn != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = w.conn.Close(ctx)
	}
}

// open opens the second connection, if it is not.
func (w *watch) open(ctx context.Context) error {
	if w.conn != nil && !w.conn.IsClosed() {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, w.config)
	if err != nil {
		return err
	}
	w.conn = conn
	return nil
}

// observe looks at a statement that runs: it says who is in its way or how far it has
// come, and ends the work of others if it may. Without a second connection it is blind,
// and the statement goes on.
func (r *runner) observe(ctx context.Context, t *try) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), watching)
	defer cancel()
	var blockers []blocker
	err := r.watch.open(ctx)
	if err == nil {
		blockers, err = r.watch.blockers(ctx)
	}
	if err != nil {
		if !r.watch.blind {
			r.watch.blind = true
			r.say("  who is in the way, and how far it has come, cannot be seen: %s", reason(err))
		}
		return
	}
	if len(blockers) > 0 {
		t.seen(blockers)
		r.name(t)
		r.end(ctx, t)
		return
	}
	if !t.blocked() {
		r.progress(ctx, t)
	}
}

// progress says how far a step has come, if it takes long and that was not said lately.
func (r *runner) progress(ctx context.Context, t *try) {
	now := time.Now()
	if now.Sub(t.began) < slow || now.Sub(t.said) < more {
		return
	}
	t.said = now
	far := ""
	if t.progress != nil {
		far = ": " + t.progress(ctx)
	}
	r.say("  running for %s%s", round(now.Sub(t.began)), far)
}

// name says who is in the way, if that was not said lately.
func (r *runner) name(t *try) {
	now := time.Now()
	if now.Sub(t.since) < slow || now.Sub(t.named) < again {
		return
	}
	t.named = now
	for _, b := range t.blockers {
		r.say("  waiting for %s: %s", b.lock(t.step.Object), b.sentence())
	}
}

// end ends the work of those who are in the way for long, if that is allowed: what runs is
// cancelled; a transaction in which nothing runs can only be ended with its connection.
// Who waits for a lock, too, is left alone, and so is autovacuum, which PostgreSQL ends.
func (r *runner) end(ctx context.Context, t *try) {
	if !r.Cancel || time.Since(t.since) < again || time.Since(t.endedAt) < slow {
		return
	}
	t.endedAt = time.Now()
	for _, b := range t.blockers {
		if b.pid == 0 || b.waits || b.worker {
			continue
		}
		how, word := "pg_cancel_backend", "cancelled what it runs"
		if strings.HasPrefix(b.state, "idle in transaction") {
			how, word = "pg_terminate_backend", "ended its connection"
		}
		tag, err := r.watch.conn.Exec(ctx, fmt.Sprintf("SELECT %s(%d) WHERE %[2]d = ANY (pg_blocking_pids(%d))", how, b.pid, r.watch.pid))
		switch {
		case err != nil:
			r.say("  pid %d cannot be ended: %s", b.pid, reason(err))
		case tag.RowsAffected() > 0:
			t.ended = append(t.ended, fmt.Sprintf("%s of pid %d", word, b.pid))
			r.say("  %s: %s", word, b.sentence())
		}
	}
}

// reason is an error of the second connection, in words that hold no values.
func reason(err error) string {
	if refused, ok := clean(err).(*pgconn.PgError); ok { //nolint:errorlint // clean does not wrap it
		return refused.Message
	}
	return "there is no second connection"
}
