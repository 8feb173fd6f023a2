package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// wrongs returns what may be wrong, each as a query that counts it.
func wrongs() map[string]string {
	return map[string]string{
		"rows whose event had no effect": `SELECT count(*) FROM faults.row AS r
		WHERE NOT EXISTS (SELECT FROM faults.effect AS e WHERE e.row_id = r.id AND e.job = r.job)`,
		"rows whose event had several effects": `SELECT count(*) FROM
		(SELECT FROM faults.effect GROUP BY row_id HAVING count(*) > 1) AS several`,
		"effects without a row": `SELECT count(*) FROM faults.effect AS e
		WHERE NOT EXISTS (SELECT FROM faults.row AS r WHERE r.id = e.row_id)`,
		"effects out of the order of their key": `SELECT count(*) FROM
		(SELECT n, lag(n) OVER (PARTITION BY key ORDER BY seq) AS before FROM faults.effect WHERE key <> '') AS e
		WHERE n < before`,
		"events given up": `SELECT count(*) FROM outbox WHERE state = 'dead'`,
	}
}

// The backlog: rows that have had no effect yet, and events whose run has not ended. A
// row whose run has ended may stand in the outbox until the relay looks at it again.
const backlog = `SELECT (SELECT count(*) FROM faults.row AS r WHERE NOT EXISTS (SELECT FROM faults.effect AS e WHERE e.row_id = r.id)) +
	(SELECT count(*) FROM outbox AS o WHERE state <> 'dead' AND NOT EXISTS
		(SELECT FROM event_run AS e WHERE e.event_id = o.id AND outcome IS NOT NULL))`

// settled waits until the backlog is gone, for as long as it shrinks, and then
// wants everything to have happened once and in order.
func (r *rig) settled() {
	r.t.Helper()
	began, least := time.Now(), 1<<31
	for progress := began; ; time.Sleep(100 * time.Millisecond) {
		n := r.count(backlog)
		if n == 0 {
			break
		}
		if n < least {
			least, progress = n, time.Now()
		}
		if time.Since(progress) > size.patience {
			r.t.Errorf("the backlog of %d does not shrink", n)
			r.explain()
			break
		}
	}
	r.report("backlog drained in %s", since(began))
	for what, query := range wrongs() {
		if n := r.count(query); n > 0 {
			r.t.Errorf("%d %s", n, what)
		}
	}
	r.report("%d events stand in the outbox until they are looked at", r.count(`SELECT count(*) FROM outbox`))
	r.report("%d transactions, %d events sent again, %d bodies ran more than once",
		r.count(`SELECT count(*) FROM faults.row`),
		r.count(`SELECT count(*) FROM faults.gone WHERE sends > 1`),
		r.count(`SELECT count(*) FROM faults.effect WHERE bodies > 1`))
}

// waits is what is known of the events whose runs have not ended, each as one text, first what
// was published first.
const waits = `SELECT o.id::text, coalesce(r.run_id, ''), concat_ws(' ', o.id, o.name, o.key, o.state, o.sends || ' sends, next',
		o.next_at::text, 'run', r.run_id, 'begun', r.begun_at::text, 'due', r.due_at::text, o.last_error)
	FROM outbox AS o LEFT JOIN event_run AS r ON r.event_id = o.id
	WHERE o.state <> 'dead' AND (r.event_id IS NULL OR r.outcome IS NULL) ORDER BY o.created_at LIMIT 3`

// explain logs what is known of the first events that wait, and what was printed of them.
func (r *rig) explain() {
	r.t.Helper()
	rows, err := r.db.Query(r.t.Context(), waits)
	must(r.t, err)
	type waiting struct{ ID, Run, Text string }
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[waiting])
	must(r.t, err)
	logs, err := filepath.Glob(filepath.Join(r.dir, "*.log"))
	must(r.t, err)
	for _, w := range found {
		r.t.Logf("waits: %s", w.Text)
		for _, log := range logs {
			text, err := os.ReadFile(log)
			must(r.t, err)
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, w.ID) || w.Run != "" && strings.Contains(line, w.Run) {
					r.t.Logf("%s: %s", filepath.Base(log), line)
				}
			}
		}
	}
}

// recovered waits for an effect of an event published after now, and reports how long
// that took. If it does not come the backlog may be long; settled knows.
func (r *rig) recovered(what string) {
	r.t.Helper()
	const newEffects = `SELECT count(*) FROM faults.effect AS e JOIN faults.row AS r ON r.id = e.row_id WHERE r.at > $1`
	began := time.Now()
	for time.Since(began) < size.patience {
		if r.count(newEffects, began) > 0 {
			r.report("%s: first effect of a new event after %s", what, since(began))
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.report("%s: no effect of a new event for %s", what, since(began))
}
