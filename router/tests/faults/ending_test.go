package faults_test

import (
	"testing"
	"time"
)

// ended is the outcome of the one run of job, once it has one.
func (r *rig) ended(job string) string {
	r.t.Helper()
	const one = `FROM event_run WHERE function = '` + appID + `-jobs-' || $1 AND outcome IS NOT NULL`
	until(r.t, "the run of "+job+" has ended", func() bool { return r.count(`SELECT count(*) `+one, job) == 1 })
	var outcome string
	must(r.t, r.db.QueryRow(r.t.Context(), `SELECT outcome `+one, job).Scan(&outcome))
	return outcome
}

// TestStepThatAlwaysFails ends as failed in the ledger, and the job is told.
func TestStepThatAlwaysFails(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	id := r.order("broken")
	if got := r.ended("broken"); got != "failed" {
		t.Errorf("the run ended as %s, want failed", got)
	}
	until(t, "the job is told", func() bool {
		return r.count(`SELECT count(*) FROM faults.failed WHERE row_id = $1 AND cause LIKE '%broken for good%'`, id) == 1
	})
	until(t, "the event is done", func() bool { return r.count(`SELECT count(*) FROM outbox`) == 0 })
	if n := r.count(`SELECT bodies FROM faults.step WHERE row_id = $1`, id); n != 3 {
		t.Errorf("the step was tried %d times, want 3", n)
	}
}

// TestJobThatIsGone is about a run whose job the next release does not have, and that takes over all the same.
func TestJobThatIsGone(t *testing.T) {
	t.Parallel()
	r := start(t, kind{front: true})
	r.held("doomed")
	next := r.add(router.next, "2")
	next.env = append(next.env, "JOBS_IN_FLIGHT=continue") // else it is refused
	next.start()
	r.front.only(next.url)
	r.routers[0].kill()
	r.exec(`DELETE FROM faults.hold`)
	began := time.Now()
	if got := r.ended("doomed"); got != "failed" && got != "cancelled" {
		t.Errorf("the run ended as %s", got)
	}
	r.report("the run ended %s after its job was gone", since(began))
	until(t, "the event is done", func() bool { return r.count(`SELECT count(*) FROM outbox`) == 0 })
}
