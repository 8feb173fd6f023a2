package faults_test

import (
	"slices"
	"testing"
	"time"
)

// TestThreeReplicas lets three routers relay one outbox.
func TestThreeReplicas(t *testing.T) {
	t.Parallel()
	r := start(t, kind{replicas: 3})
	l := r.startLoad(0)
	time.Sleep(3 * size.load)
	l.end()
	l.noneFailed()
	r.settled()
}

// TestReplicasRelay has one router and three relay a backlog, of which each event takes
// effect once. One of them sends at a time, whichever has the relay's turn, so there is
// never more than one request under way; when it is killed another goes on. How fast they
// are it reports and does not judge: that depends on whom else the machine serves.
func TestReplicasRelay(t *testing.T) { //nolint:paralleltest // see compares
	compares(t)
	for _, replicas := range slices.Repeat([]int{1, 3}, size.rounds) {
		e := startEngine(t, conduct{})
		r := start(t, kind{replicas: replicas, server: e.url})
		r.listened()
		for _, one := range r.routers {
			one.kill()
		}
		r.backlog(size.relayed, "placed")
		for _, one := range r.routers {
			one.launch()
		}
		began := time.Now()
		for _, one := range r.routers[1:] { // all but one die on the way, whoever has the turn
			until(t, "some have had their effect", func() bool { return r.count(`SELECT count(*) FROM faults.effect`) > size.relayed/4 })
			one.kill()
			one.launch()
		}
		r.settled()
		r.report("%d replicas relay %.0f events/s, %d requests at once", replicas,
			float64(size.relayed)/time.Since(began).Seconds(), e.mostPosting.Load())
		if most := e.mostPosting.Load(); most > 1 {
			t.Errorf("%d requests were under way at once", most)
		}
		for _, one := range r.routers {
			one.kill()
		}
		e.leaves()
	}
}

// listened waits until the routers know who listens to which events.
func (r *rig) listened() {
	r.t.Helper()
	until(r.t, "the functions are registered", func() bool { return r.count(`SELECT count(*) FROM listener`) > 0 })
}

// backlog has n events wait for the job, each with its row.
func (r *rig) backlog(n int, job string) {
	r.t.Helper()
	r.exec(`WITH rows AS (
		INSERT INTO faults.row (id, job, key, n) SELECT gen_random_uuid(), $2, '', 1 FROM generate_series(1, $1::int) RETURNING id
	) INSERT INTO outbox (id, name, data)
		SELECT gen_random_uuid(), 'orders/' || $2, jsonb_build_object('rowId', id, 'key', '', 'n', 1) FROM rows`, n, job)
	r.exec(`SELECT pg_notify('outbox', '')`)
}
