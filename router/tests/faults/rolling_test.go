package faults_test

import (
	"fmt"
	"testing"
	"time"
)

// TestRollingRestart restarts two replicas in turn under load, behind a proxy that looks
// every so often which ones are ready and does not try a refused connection again.
// DRAIN_DELAY has the one that stops take requests until the proxy has looked: none fails.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	e := startEngine(t, conduct{})
	r := start(t, kind{replicas: 2, server: e.url})
	for _, one := range r.routers {
		one.stop()
		one.env = append(one.env, fmt.Sprintf("DRAIN_DELAY=%s", max(2*size.look, time.Second)))
		one.start()
	}
	r.front.looks(size.look)
	l := r.startLoad(0)
	for i := range size.restarts {
		one := r.routers[i%2]
		one.stop()
		one.start()
		until(t, "the proxy has found it ready", func() bool { return len(r.front.inUse()) == 2 })
	}
	l.end()
	l.noneFailed()
	for _, one := range r.routers {
		one.kill()
	}
	e.leaves()
}
