package faults_test

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestRouterKilled kills the router at random moments. Requests fail meanwhile, and
// nobody knows whether those that did had committed; what has, has its effect.
func TestRouterKilled(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	l := r.startLoad(size.transactions)
	kills := 0
	for ; !l.done(); kills++ {
		time.Sleep(300*time.Millisecond + rand.N(1500*time.Millisecond))
		r.routers[0].kill()
		r.routers[0].start()
	}
	l.end()
	r.report("the router was killed %d times", kills)
	r.settled()
}

// TestCrashBetweenSteps kills the router when a run stands between two steps.
func TestCrashBetweenSteps(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	id := r.held("stepped")
	r.routers[0].kill()
	r.exec(`DELETE FROM faults.hold`)
	began := time.Now()
	r.routers[0].start()
	r.settled()
	r.report("the run went on and ended within %s", since(began))
	if n := r.count(`SELECT count(*) FROM faults.step WHERE row_id = $1 AND bodies = 1`, id); n != 3 {
		t.Errorf("%d of 3 steps ran exactly once", n)
	}
}
