package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/bench/product/data"
)

// inngest stands for the server that events are sent to. A moment after it has taken them,
// a run of each function that listens begins and ends, as the product's tables show it.
type inngest struct {
	url      string
	server   *http.Server
	database atomic.Pointer[string] // that events come from
	runs     chan []string          // the ids of events whose runs are to begin
	ended    chan struct{}          // closed at the end of begin
}

// maxRequests bounds the requests whose runs have not begun.
const maxRequests = 1024

func startInngest(ctx context.Context) (*inngest, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &inngest{url: "http://" + l.Addr().String(), runs: make(chan []string, maxRequests), ended: make(chan struct{})}
	i.server = &http.Server{Handler: i, ReadHeaderTimeout: time.Second}
	go func() { _ = i.server.Serve(l) }()
	go i.begin(context.WithoutCancel(ctx))
	return i, nil
}

// of says which database events come from now on.
func (i *inngest) of(d *data.Database) { i.database.Store(&d.URL) }

// close stops it. Nobody may send to it any more.
func (i *inngest) close() error {
	err := i.server.Close()
	close(i.runs)
	<-i.ended
	return err
}

// begin begins and ends runs, those of a request with one statement, until runs is closed. A
// database may be dropped meanwhile.
func (i *inngest) begin(ctx context.Context) {
	defer close(i.ended)
	var conn *pgx.Conn
	var of string
	for ids := range i.runs {
		if now := *i.database.Load(); conn == nil || now != of {
			if conn != nil {
				_ = conn.Close(ctx)
			}
			of = now
			if conn, _ = pgx.Connect(ctx, of); conn == nil {
				continue
			}
		}
		if _, err := conn.Exec(ctx, `INSERT INTO event_run (event_id, function, run_id, due_at, outcome)
			SELECT o.id, l.function, o.id::text, now(), 'done' FROM outbox AS o JOIN listener AS l ON l.event = o.name
			WHERE o.id = ANY ($1::uuid[]) ON CONFLICT DO NOTHING`, ids); err != nil {
			_ = conn.Close(ctx)
			conn = nil
		}
	}
	if conn != nil {
		_ = conn.Close(ctx)
	}
}

// ServeHTTP implements [http.Handler].
func (i *inngest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasPrefix(r.URL.Path, "/e/") {
		_, _ = w.Write([]byte(`{"ok":true}`)) // of functions that are registered
		return
	}
	var sent []struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ids := make([]string, len(sent))
	for n := range sent {
		ids[n] = sent[n].ID
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids, "status": http.StatusOK})
	select {
	case i.runs <- ids:
	case <-r.Context().Done():
	}
}
