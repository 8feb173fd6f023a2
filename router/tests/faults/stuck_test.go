package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// effects counts the events that have had their effect.
const effects = `SELECT count(*) FROM faults.effect`

// comes waits until ok, and reports how long that took.
func (r *rig) comes(what string, ok func() bool) {
	r.t.Helper()
	began := time.Now()
	until(r.t, what, ok)
	r.report("%s after %s", what, since(began))
}

// stuck reports whether the metrics of each replica that answers say that Inngest is.
func (r *rig) stuck() bool {
	r.t.Helper()
	time.Sleep(100 * time.Millisecond) // who waits for it asks no more often
	for _, one := range r.routers {
		if one.metric("switchyard_inngest_stuck", "") != 1 {
			return false
		}
	}
	return true
}

// said counts the lines with the text in the logs of the routers.
func (r *rig) said(text string) (n int) {
	r.t.Helper()
	logs, err := filepath.Glob(filepath.Join(r.dir, "router-*.log"))
	must(r.t, err)
	for _, log := range logs {
		said, err := os.ReadFile(log)
		must(r.t, err)
		n += strings.Count(string(said), text)
	}
	return n
}

// orders places n orders for the job.
func (r *rig) orders(n int, job string) {
	r.t.Helper()
	for range n {
		r.order(job)
	}
}

// TestEngineSwallows has an engine that takes events and begins nothing, goes away for long
// and comes back, or is replaced by one that knows nothing. It is said once that it is stuck,
// and what waits goes when it is back, not at the end of a pause.
func TestEngineSwallows(t *testing.T) {
	t.Parallel()
	for name, replaced := range map[string]bool{"comes back": false, "is replaced": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := startEngine(t, conduct{})
			r := start(t, kind{replicas: 2, server: e.url})
			r.order("placed")
			until(t, "an event has its effect", func() bool { return r.count(effects) == 1 })
			e.behave(conduct{swallow: true})
			r.orders(30, "placed") // and then nothing more: there is doubt without load, too
			r.comes("the metrics say that Inngest is stuck", r.stuck)
			e.leaves()
			r.exec(`UPDATE outbox SET next_at = now() + interval '1 hour' WHERE state = 'sent'`) // as after some hours
			r.orders(10, "moved")
			time.Sleep(size.away)
			if n := r.said(`"msg":"Inngest is stuck`); n != 1 {
				t.Errorf("%d lines of the logs say that Inngest is stuck, want 1", n)
			}
			e.behave(conduct{})
			if replaced {
				e.forget()
			}
			e.comesBack()
			r.comes("the first of the waiting events has its effect", func() bool { return r.count(effects) > 1 })
			r.settled()
			until(t, "the metrics do not say any more that Inngest is stuck", func() bool { return !r.stuck() })
		})
	}
}

// TestEngineNeverEnds has an engine that begins runs and does not go on with them. The
// engine is not stuck, but the age of the oldest run tells. Another engine in its place
// does what that one has not done.
func TestEngineNeverEnds(t *testing.T) {
	t.Parallel()
	e := startEngine(t, conduct{endless: true})
	r := start(t, kind{server: e.url})
	r.orders(3, "stepped")
	const old = 10 // seconds
	r.comes("the metrics tell of an old run", func() bool {
		time.Sleep(100 * time.Millisecond)
		return r.routers[0].metric("switchyard_jobs_oldest_seconds", `function="jobs/stepped"`) >= old
	})
	if r.stuck() {
		t.Error("an engine that begins runs counts as stuck")
	}
	e.behave(conduct{})
	r.order("placed")
	until(t, "an event that came later has its effect", func() bool { return r.count(effects) == 1 })
	until(t, "only events of runs that go on are left", func() bool { return r.count(`SELECT count(*) FROM outbox WHERE state <> 'begun'`) == 0 })
	e.forgetEvents()
	r.overdue()
	r.settled()
}

// overdue has runs that go on count as lost: their time to be heard of again is over.
func (r *rig) overdue() {
	r.t.Helper()
	r.exec(`UPDATE event_run SET due_at = now() WHERE outcome IS NULL`)
	r.exec(`UPDATE outbox SET next_at = now() WHERE state = 'begun'`)
}

// TestEngineAnswersLate has an engine that takes events and says so after 20 s, when nobody
// waits for the answer any more. All take effect, and none is sent for ever.
func TestEngineAnswersLate(t *testing.T) {
	t.Parallel()
	const late, often = 20 * time.Second, 10
	e := startEngine(t, conduct{answer: late})
	r := start(t, kind{server: e.url})
	r.orders(20, "placed")
	r.orders(3, "stepped")
	until(t, "these have their effect", func() bool { return r.count(effects) == 23 })
	r.order("moved")
	r.comes("another one has its effect", func() bool { return r.count(effects) == 24 })
	until(t, "all are done", func() bool { return r.count(`SELECT count(*) FROM outbox`) == 0 })
	e.mu.Lock()
	most := 0
	for _, posts := range e.posts {
		most = max(most, posts)
	}
	e.mu.Unlock()
	r.report("an event was sent %d times at most", most)
	if most > often {
		t.Errorf("an event was sent %d times", most)
	}
	r.settled()
}
