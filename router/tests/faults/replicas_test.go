package faults_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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

// answerAfter is how long what stands in for Inngest takes to answer: about as long
// as a busy Inngest and the way to it.
const answerAfter = 20 * time.Millisecond

// TestReplicasRelay has one router and three relay a backlog, and wants all of it sent.
// How fast they are, and how many requests are under way at once, it reports and does not
// judge: with two cores that depends on whom else the machine serves.
func TestReplicasRelay(t *testing.T) { //nolint:paralleltest // the speeds are compared by who reads them
	for _, replicas := range []int{1, 3, 1, 3} {
		var taken, most atomic.Int64
		server := standIn(t, &taken, &most)
		r := start(t, kind{replicas: replicas, server: server})
		for _, one := range r.routers {
			one.kill()
		}
		r.exec(`INSERT INTO outbox (id, name, data) SELECT gen_random_uuid(), 'orders/placed', '{}' FROM generate_series(1, $1)`, size.relayed)
		for _, one := range r.routers {
			one.launch()
		}
		until(t, "the first event is sent", func() bool { return taken.Load() > 0 })
		began, first := time.Now(), taken.Load()
		until(t, "all are sent", func() bool {
			return r.count(`SELECT count(*) FROM outbox WHERE state = 'waiting'`) == 0
		})
		n := taken.Load() - first
		perSecond := float64(n) / time.Since(began).Seconds()
		r.report("%d replicas relay %.0f events/s, %d requests at once", replicas, perSecond, most.Load())
		if got := taken.Load(); got < int64(size.relayed) {
			t.Errorf("%d of %d events were sent", got, size.relayed)
		}
		for _, one := range r.routers {
			one.kill()
		}
	}
}

// standIn returns the URL of a server that answers like Inngest's event API, and
// counts the events and the most requests at once, but runs nothing.
func standIn(t *testing.T, taken, most *atomic.Int64) string {
	t.Helper()
	var running atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil || !strings.HasPrefix(req.URL.Path, "/e/") {
			_, _ = io.WriteString(w, `{"ok":true}`)
			return
		}
		var sent []struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(body, &sent); err != nil {
			http.Error(w, `{"status":400,"error":"not a list"}`, http.StatusBadRequest)
			return
		}
		ids := make([]string, len(sent))
		for i, e := range sent {
			ids[i] = e.ID
		}
		for now, before := running.Add(1), most.Load(); now > before && !most.CompareAndSwap(before, now); {
			before = most.Load()
		}
		defer running.Add(-1)
		time.Sleep(answerAfter)
		taken.Add(int64(len(sent)))
		_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids, "status": http.StatusOK})
	}))
	t.Cleanup(server.Close)
	return server.URL
}
