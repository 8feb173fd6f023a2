package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"switchyard/shared/db"
)

// taker answers like Inngest's event API. A moment later a run of each function that
// listens begins and ends.
type taker struct {
	url    string
	server *http.Server
	db     *db.DB
	runs   chan []string // the ids of events whose runs are to begin
	ended  chan error    // tells of the end of begin

	mu      sync.Mutex
	taken   int // events, so far
	wanted  int // events until took is told; 0 for none
	first   time.Time
	took    chan time.Duration
	arrived chan arrival // nil if nobody asks
}

// arrival is an event that has come.
type arrival struct {
	n  int
	at time.Time
}

// maxRequests bounds the requests whose runs have not begun.
const maxRequests = 1024

// take starts one, which writes what becomes of runs into d.
func take(ctx context.Context, d *db.DB) (*taker, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &taker{
		url: "http://" + l.Addr().String(), db: d, runs: make(chan []string, maxRequests), ended: make(chan error, 1),
	}
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: time.Second}
	go func() { _ = t.server.Serve(l) }()
	go func() { t.ended <- t.begin(context.WithoutCancel(ctx)) }()
	return t, nil
}

// begin begins and ends runs, those of a request with one statement, until runs is closed.
func (t *taker) begin(ctx context.Context) error {
	var errs []error
	for ids := range t.runs {
		_, err := t.db.Exec(ctx, `INSERT INTO event_run (event_id, function, run_id, due_at, outcome)
			SELECT o.id, l.function, o.id::text, now(), 'done' FROM outbox AS o JOIN listener AS l ON l.event = o.name
			WHERE o.id = ANY ($1) ON CONFLICT DO NOTHING`, ids)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// close stops it. Nobody may send to it any more.
func (t *taker) close() error {
	err := t.server.Close()
	close(t.runs)
	return errors.Join(err, <-t.ended)
}

// watch returns a channel that tells how long n events took, from the beginning of
// the first request to the end of the last.
func (t *taker) watch(n int) <-chan time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted, t.first, t.took = n, time.Time{}, make(chan time.Duration, 1)
	return t.took
}

// count returns how many events were taken so far.
func (t *taker) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}

// arrivals returns a channel that tells of every event from now on.
func (t *taker) arrivals() <-chan arrival {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrived = make(chan arrival, 1024)
	return t.arrived
}

// ServeHTTP implements [http.Handler].
func (t *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	var sent []struct {
		ID   string `json:"id"`
		Data struct {
			N int `json:"n"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ids := make([]string, len(sent))
	for i, e := range sent {
		ids[i] = e.ID
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids, "status": http.StatusOK})
	t.runs <- ids

	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range sent {
		if t.arrived != nil {
			t.arrived <- arrival{e.Data.N, began}
		}
	}
	t.taken += len(sent)
	if t.first.IsZero() {
		t.first = began
	}
	if t.wanted > 0 {
		if t.wanted -= len(sent); t.wanted <= 0 {
			t.took <- time.Since(t.first)
			t.wanted = 0
		}
	}
}
