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

// TestReplicasRelay wants three routers to relay a backlog faster than one does: they
// wait for the answers side by side. It is the best of some rounds that counts, since
// the machine may have others to serve.
func TestReplicasRelay(t *testing.T) { //nolint:paralleltest // it compares speeds
	speed := map[int]float64{}
	for _, replicas := range []int{1, 3, 1, 3} {
		var taken atomic.Int64
		server := standIn(t, &taken)
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
		speed[replicas] = max(speed[replicas], perSecond)
		r.report("%d replicas relay %.0f events/s", replicas, perSecond)
		if got := taken.Load(); got < int64(size.relayed) {
			t.Errorf("%d of %d events were sent", got, size.relayed)
		}
		for _, one := range r.routers {
			one.kill()
		}
	}
	if speed[3] <= speed[1] {
		t.Errorf("three replicas relay %.0f events/s, one alone %.0f", speed[3], speed[1])
	}
}

// standIn returns the URL of a server that answers like Inngest's event API, and
// counts the events, but runs nothing.
func standIn(t *testing.T, taken *atomic.Int64) string {
	t.Helper()
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
		time.Sleep(answerAfter)
		taken.Add(int64(len(sent)))
		_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids, "status": http.StatusOK})
	}))
	t.Cleanup(server.Close)
	return server.URL
}
