package faults_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// heldAtOnce is how many events that are held back one transaction publishes.
const heldAtOnce = 500

// later places n orders whose events are held back: the first until from, the others until
// times of the span that follows.
func (r *rig) later(n int, from time.Time, span time.Duration) {
	r.t.Helper()
	for at := 0; at < n; at += heldAtOnce {
		part := min(heldAtOnce, n-at)
		body, err := json.Marshal(map[string]any{
			"count": part, "from": from.Add(span * time.Duration(at) / time.Duration(n)), "over": (span * time.Duration(part) / time.Duration(n)).Seconds(),
		})
		must(r.t, err)
		res, err := http.Post(r.url+"/api/later", "application/json", bytes.NewReader(body))
		must(r.t, err)
		_ = res.Body.Close()
		if res.StatusCode >= http.StatusMultipleChoices {
			r.t.Fatalf("orders for later are answered %s", res.Status)
		}
	}
}

// TestHeld holds events back over three restarts of two replicas. Each takes effect once,
// and not before its time.
func TestHeld(t *testing.T) {
	t.Parallel()
	const (
		perSecond = 100
		replicas  = 2
		restarts  = 3
	)
	e := startEngine(t, conduct{})
	r := start(t, kind{replicas: replicas, server: e.url})
	lead := 5*time.Second + time.Duration(size.held/heldAtOnce)*time.Second // it takes as long to publish them
	from, span := time.Now().Add(lead), time.Duration(size.held)*time.Second/perSecond
	r.later(size.held, from, span)
	const loose = `SELECT count(*) FROM faults.row AS r JOIN outbox AS o ON (o.data ->> 'rowId')::uuid = r.id WHERE r.at > now() AND o.state <> 'held'`
	if n := r.count(loose); n > 0 {
		t.Errorf("%d of %d events are not held back", n, size.held)
	}
	time.Sleep(time.Until(from))
	for i := range restarts {
		time.Sleep(span / (restarts + 1))
		one := r.routers[i%replicas]
		one.stop()
		one.start()
	}
	time.Sleep(time.Until(from.Add(span)))
	r.settled()
	worst, early, twice := e.lateness(r)
	r.report("the worst was sent %.2f s late; %d were sent more than once", worst.Seconds(), twice)
	if early > 0 {
		t.Errorf("%d events were sent before their time", early)
	}
}

// lateness returns how long after its time the engine got the worst of the events that were
// held back, how many it got before their time, and how many more than once.
func (e *engine) lateness(r *rig) (worst time.Duration, early, twice int) {
	r.t.Helper()
	rows, err := r.db.Query(r.t.Context(), `SELECT e.id, r.at FROM faults.effect AS e JOIN faults.row AS r ON r.id = e.row_id`)
	must(r.t, err)
	defer rows.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	for rows.Next() {
		var id string
		var at time.Time
		must(r.t, rows.Scan(&id, &at))
		after := e.first[id].Sub(at)
		worst = max(worst, after)
		if after < 0 {
			early++
		}
		if e.posts[id] > 1 {
			twice++
		}
	}
	must(r.t, rows.Err())
	return worst, early, twice
}

// TestHeldCostNothing compares what the database does for few events that are held back
// for long, and for many.
func TestHeldCostNothing(t *testing.T) {
	t.Parallel()
	e := startEngine(t, conduct{})
	r := start(t, kind{server: e.url})
	far := time.Now().Add(24 * time.Hour)
	r.later(10, far, time.Hour)
	queries, rows := r.work()
	r.later(size.held, far, time.Hour)
	moreQueries, moreRows := r.work()
	r.report("%d transactions and %d rows in %s with 10 events, %d and %d with %d", queries, rows, observed, moreQueries, moreRows, size.held)
	const spare = 100 // what else the router does at times; once a minute it may read all
	if moreQueries > 2*queries+spare || moreRows > 2*rows+spare+size.held {
		t.Errorf("with %d events the database has more to do", size.held)
	}
}

// observed is how long the work of the database is observed.
const observed = 10 * time.Second

// work returns how many transactions the database has done in a while in which nothing
// happens, and how many rows of the outbox it has read.
func (r *rig) work() (transactions, rows int) {
	r.t.Helper()
	r.exec(`ANALYZE outbox`)     // as autovacuum does within a minute; until then plans may be those for an empty table
	time.Sleep(12 * time.Second) // PostgreSQL tells what was done with a delay of 10 s at most
	const (
		ended = `SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()`
		read  = `SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'outbox'`
	)
	transactions, rows = -r.count(ended), -r.count(read)
	time.Sleep(observed)
	return transactions + r.count(ended), rows + r.count(read)
}
