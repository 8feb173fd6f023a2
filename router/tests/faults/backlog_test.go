package faults_test

import (
	"fmt"
	"testing"
	"time"
)

// TestBacklog has an event of one name published while very many of another one wait, and
// some of many others. It does not wait for them, and the router does not grow with them.
func TestBacklog(t *testing.T) {
	t.Parallel()
	const (
		rate  = 40 // runs that begin a second: what Inngest does on a small machine
		grown = 64 // MiB that the router may have more in memory
	)
	e := startEngine(t, conduct{rate: rate})
	r := start(t, kind{server: e.url})
	r.listened()
	r.backlog(20*rate, "placed")
	time.Sleep(size.load)
	before := r.routers[0].memory()
	for i := range 10 { // nobody listens to these
		r.exec(`INSERT INTO outbox (id, name, data) SELECT gen_random_uuid(), $2, '{}' FROM generate_series(1, $1::int)`,
			size.waiting/1000, fmt.Sprintf("orders/other-%d", i))
	}
	r.backlog(size.waiting-size.waiting/100, "placed")
	r.exec(`ANALYZE outbox`) // as autovacuum does within a minute
	time.Sleep(size.load)
	for range 3 {
		id := r.order("moved")
		r.comes("an event of another name has its effect", func() bool {
			return r.count(`SELECT count(*) FROM faults.effect WHERE row_id = $1`, id) == 1
		})
	}
	after, waiting := r.routers[0].memory(), r.count(`SELECT count(*) FROM outbox WHERE state = 'waiting'`)
	r.report("%d events wait; the router had %d MiB at most before, and %d since", waiting, before, after)
	if after > before+grown {
		t.Errorf("the router has grown from %d to %d MiB", before, after)
	}
	if n := r.count(`SELECT count(*) FROM outbox WHERE state = 'sent' AND name = 'orders/placed'`); n > 4*rate {
		t.Errorf("%d events are in flight, want what begins in two seconds: about %d", n, 2*rate)
	}
}
