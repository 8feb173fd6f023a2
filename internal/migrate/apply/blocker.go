package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// blocker is a connection that is in the way of a statement.
type blocker struct {
	pid     int32 // 0 is a prepared transaction
	program string
	user    string
	state   string        // as pg_stat_activity has it; "" if our role may not see it
	age     time.Duration // of its transaction; negative if our role may not see it
	query   string        // without values
	worker  bool          // an autovacuum
	waits   bool          // for a lock of its own
	table   string        // that is locked, as people write it; "" if it is not about a table
	// vacuums is that table, quoted, if the blocker is an autovacuum that can be ended.
	vacuums string
}

const blockersQuery = `
SELECT b.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), coalesce(a.state, ''),
	coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::float8, -1), coalesce(a.query, ''),
	coalesce(a.backend_type, '') = 'autovacuum worker', coalesce(a.wait_event_type = 'Lock', false),
	coalesce(l.shown, ''), coalesce(l.quoted, '')
FROM unnest(pg_blocking_pids($1)) AS b(pid)
LEFT JOIN pg_stat_activity a USING (pid)
LEFT JOIN LATERAL (
	SELECT c.oid::regclass::text AS shown, format('%I.%I', n.nspname, c.relname) AS quoted
	FROM pg_locks k JOIN pg_class c ON c.oid = k.relation JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE k.pid = $1 AND NOT k.granted AND k.locktype = 'relation' AND c.relkind IN ('r', 'p') LIMIT 1
) l ON true
ORDER BY a.xact_start NULLS LAST LIMIT 5`

// blockers returns who is in the way of the first connection at this moment, at most
// five, the oldest transaction first.
func (w *watch) blockers(ctx context.Context) ([]blocker, error) {
	rows, err := w.conn.Query(ctx, blockersQuery, pgx.QueryExecModeExec, int32(w.pid)) //nolint:gosec // PostgreSQL's pids are int4
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b blocker, err error) {
		var age float64
		var query, quoted string
		err = row.Scan(&b.pid, &b.program, &b.user, &b.state, &age, &query, &b.worker, &b.waits, &b.table, &quoted)
		b.age = time.Duration(age * float64(time.Second))
		b.query = redact(query)
		if b.worker && !strings.Contains(query, "to prevent wraparound") {
			b.vacuums = quoted
		}
		return b, err
	})
}

// lock names what is waited for.
func (b blocker) lock(object string) string {
	if b.table != "" {
		object = b.table
	}
	return "a lock on " + object
}

// who is in the way: "pid 4711 (psql, app, idle in transaction)".
func (b blocker) who() string {
	if b.pid == 0 {
		return "a prepared transaction (see pg_prepared_xacts)"
	}
	var known []string
	for _, text := range []string{b.program, b.user, b.state} {
		if text != "" {
			known = append(known, text)
		}
	}
	if b.worker {
		known = []string{"autovacuum"}
	}
	if len(known) == 0 {
		return fmt.Sprintf("pid %d", b.pid)
	}
	return fmt.Sprintf("pid %d (%s)", b.pid, strings.Join(known, ", "))
}

// sentence says what it does.
func (b blocker) sentence() string {
	text := b.who()
	if b.age >= 0 {
		text += " has been in a transaction for " + round(b.age)
	}
	if b.waits {
		text += ", and waits for a lock itself"
	}
	if b.query != "" {
		text += ": " + b.query
	}
	return text
}

// round writes a time for people.
func round(d time.Duration) string {
	if d < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
