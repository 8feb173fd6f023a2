package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// callers is how many send requests at the same time.
const callers = 8

// A transaction in so many is rolled back on purpose.
const rolledBack = 10

// keys is how many keys there are: the events of one wait for each other.
const keys = 100

// hangs is how long a request may take before it counts as one that hangs. What fails
// does so much sooner.
const hangs = time.Minute

// load is requests that keep coming until it is stopped. Half of them have a key.
type load struct {
	t      *testing.T
	rig    *rig
	client *http.Client
	stop   func()
	wait   sync.WaitGroup
	enough int // transactions that commit, after which it stops by itself; 0 for no such

	mu        sync.Mutex
	sent      int
	committed int
	failures  []string // what came in place of an answer
	slowest   time.Duration
}

// startLoad begins.
func (r *rig) startLoad(enough int) *load {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	l := &load{t: r.t, rig: r, client: &http.Client{Timeout: hangs}, stop: cancel, enough: enough}
	pace := time.NewTicker(size.pace)
	for range callers {
		l.wait.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-pace.C:
					l.one()
				}
			}
		})
	}
	r.t.Cleanup(func() {
		pace.Stop()
		l.end()
	})
	return l
}

// end stops the load and waits for the last answers.
func (l *load) end() {
	l.stop()
	l.wait.Wait()
}

// done waits until enough have committed.
func (l *load) done() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.committed >= l.enough
}

// one sends one request.
func (l *load) one() {
	o := order{ID: uuid.New(), Job: "placed", Rollback: rand.N(rolledBack) == 0}
	if rand.N(2) == 0 {
		o.Job, o.Key = "moved", fmt.Sprintf("key-%d", rand.N(keys))
	}
	began := time.Now()
	status, answer, err := l.rig.place(l.client, o)
	took := time.Since(began)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	l.slowest = max(l.slowest, took)
	switch {
	case err != nil:
		l.failures = append(l.failures, err.Error())
	case o.Rollback && status == http.StatusConflict:
	case !o.Rollback && status < http.StatusMultipleChoices:
		l.committed++
		if l.enough > 0 && l.committed >= l.enough {
			l.stop()
		}
	default:
		l.failures = append(l.failures, fmt.Sprintf("%d %s", status, answer))
	}
}

// noneFailed wants every request to have been answered as it should.
func (l *load) noneFailed() {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.failures); n > 0 {
		l.t.Errorf("%d of %d requests failed, the first with: %s", n, l.sent, l.failures[0])
	}
	l.rig.report("%d requests, the slowest took %.2f s", l.sent, l.slowest.Seconds())
}

// endsWell lets the load go on after a fault and ends it: no request has failed, and
// every event has its effect.
func (l *load) endsWell() {
	l.t.Helper()
	time.Sleep(size.load)
	l.end()
	l.noneFailed()
	l.rig.settled()
}

// order is what is posted.
type order struct {
	ID       uuid.UUID `json:"id"`
	Job      string    `json:"job"`
	Key      string    `json:"key,omitempty"`
	Rollback bool      `json:"rollback,omitempty"`
}

// place posts o and returns the answer.
func (r *rig) place(client *http.Client, o order) (status int, answer []byte, err error) {
	body, err := json.Marshal(o)
	if err != nil {
		return 0, nil, err
	}
	res, err := client.Post(r.url+"/api/orders", "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// order posts one order for the job, which must commit, and returns its id.
func (r *rig) order(job string) uuid.UUID {
	r.t.Helper()
	o := order{ID: uuid.New(), Job: job}
	status, answer, err := r.place(http.DefaultClient, o)
	if err != nil || status >= http.StatusMultipleChoices {
		r.t.Fatalf("order for %s: %d %s, %v", job, status, answer, err)
	}
	return o.ID
}

// held places one order for the job, which passes its first step and is held back until its
// name is no more in faults.hold. It returns the order's id when the run stands there.
func (r *rig) held(job string) uuid.UUID {
	r.t.Helper()
	r.exec(`INSERT INTO faults.hold (name) VALUES ($1)`, job)
	id := r.order(job)
	until(r.t, "the run stands between its steps", func() bool {
		return r.count(`SELECT count(*) FROM faults.hold WHERE name = $1 AND reached`, job) == 1
	})
	return id
}
