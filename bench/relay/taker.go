package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"
)

// taker answers like Inngest's event API.
type taker struct {
	url    string
	server *http.Server

	mu      sync.Mutex
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

// take starts one.
func take(ctx context.Context) (*taker, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &taker{url: "http://" + l.Addr().String()}
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: time.Second}
	go func() { _ = t.server.Serve(l) }()
	return t, nil
}

func (t *taker) close() error { return t.server.Close() }

// watch returns a channel that tells how long n events took, from the beginning of
// the first request to the end of the last.
func (t *taker) watch(n int) <-chan time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted, t.first, t.took = n, time.Time{}, make(chan time.Duration, 1)
	return t.took
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

	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range sent {
		if t.arrived != nil {
			t.arrived <- arrival{e.Data.N, began}
		}
	}
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
