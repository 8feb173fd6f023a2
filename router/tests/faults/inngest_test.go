package faults_test

import (
	"syscall"
	"testing"
	"time"
)

// TestInngestKilled kills the server in the middle of its work and starts it again,
// once with what it keeps in Redis and once with nothing: then it has forgotten all
// runs, and which events it had.
func TestInngestKilled(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]kind{"with Redis": {}, "in memory": {memory: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, k)
			l := r.startLoad(0)
			time.Sleep(size.load)
			r.inngest.Signal(syscall.SIGKILL)
			<-r.inngest.Done()
			time.Sleep(size.load)
			r.startInngest()
			r.recovered("a restart of Inngest")
			l.endsWell()
		})
	}
}

// TestInngestFrozen leaves the server's port open with nobody behind it.
func TestInngestFrozen(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	l := r.startLoad(0)
	time.Sleep(size.load)
	r.inngest.Signal(syscall.SIGSTOP)
	time.Sleep(size.frozen)
	r.inngest.Signal(syscall.SIGCONT)
	r.recovered("a frozen Inngest went on")
	l.endsWell()
}

// TestInngestDown takes the server away for a while, as an upgrade does.
func TestInngestDown(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	l := r.startLoad(0)
	time.Sleep(size.load)
	r.inngest.Signal(syscall.SIGTERM) // how long it takes to end is no matter
	<-r.inngest.Done()
	time.Sleep(size.outage)
	r.report("%d events wait when Inngest comes back", r.count(`SELECT count(*) FROM outbox`))
	r.startInngest()
	r.recovered("Inngest came back")
	l.endsWell()
}

// TestInngestLosesItsStores kills Redis and the PostgreSQL behind the server, upon
// which it ends itself, and is started again as a platform does.
func TestInngestLosesItsStores(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	l := r.startLoad(0)
	time.Sleep(size.load)
	r.redis.Signal(syscall.SIGKILL)
	r.history.Signal(syscall.SIGKILL)
	<-r.redis.Done()
	<-r.history.Done()
	time.Sleep(size.load)
	r.startStores()
	select {
	case <-r.inngest.Done(): // some seconds after it has lost them
		r.startInngest()
	case <-time.After(size.patience):
		r.report("Inngest lives on without its stores")
	}
	r.recovered("Inngest's stores came back")
	l.endsWell()
}
