package triggers_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/router/internal/routertest"
	"switchyard/shared/config"
	"switchyard/shared/events"
)

// EventName implements events.Event.
func (unwanted) EventName() string { return "order/unwanted" }

// hold publishes n events of orders for the time due.
func hold(t *testing.T, env []string, n int, due time.Time) {
	t.Helper()
	d := routertest.DB(t, env)
	bus, err := events.Open(t.Context(), config.Read[config.Events](routertest.Reader(env)), d)
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	all := make([]events.Event, n)
	for i := range all {
		all[i] = events.At(due, unwanted{OrderID: uuid.New()})
	}
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return bus.Publish(t.Context(), tx, all...) }); err != nil {
		t.Fatal(err)
	}
}

// TestHeld holds events back, and lets one of two replicas die and come back, and then the
// other die, before their time: each takes effect once, and not before.
func TestHeld(t *testing.T) {
	t.Parallel()
	for wait := 6 * time.Second; !held(t, wait); wait *= 2 { // until that is long enough for this machine
	}
}

// held is TestHeld with events that are held back for so long. It reports false if their time came
// before the replicas had died.
func held(t *testing.T, wait time.Duration) bool {
	t.Helper()
	env := routertest.Environment(t, routertest.StartInngest(t))
	port, err := stack.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	first, killFirst := routertest.StartProcess(t, "", env)
	other, killOther := routertest.StartProcess(t, "", append(env, "PORT="+strconv.Itoa(port)))
	const n = 20
	due := time.Now().Add(wait)
	hold(t, env, n, due)
	killFirst()
	again, _ := routertest.StartProcess(t, "", env)
	killOther()
	if !time.Now().Before(due) {
		return false
	}
	cancelled := map[uuid.UUID]int{}
	await.That(t, "all orders are cancelled", func() bool {
		clear(cancelled)
		for _, log := range []*routertest.Output{first.Log, other.Log, again.Log} {
			countCancelled(t, log, due, cancelled)
		}
		return len(cancelled) == n
	})
	for id, times := range cancelled {
		if times != 1 {
			t.Errorf("the order %s was cancelled %d times", id, times)
		}
	}
	return true
}

// countCancelled counts the orders that jobs say they cancel, none of them before due.
func countCancelled(t *testing.T, log *routertest.Output, due time.Time, cancelled map[uuid.UUID]int) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var said struct {
			Time  time.Time
			Msg   string
			Order uuid.UUID
		}
		if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "cancel" {
			continue
		}
		if cancelled[said.Order]++; said.Time.Before(due) {
			t.Fatalf("an order was cancelled at %s, and was to be at %s", said.Time, due)
		}
	}
}
