package faults_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// engine stands in for Inngest and does what Inngest must not do: see [conduct]. It takes
// events, and calls the functions that are registered for them, step by step, as Inngest
// does. It knows no schedules, no options of functions and no expressions, but that an
// event is its own app's; steps that wait for something are done at once. Its address stays.
type engine struct {
	t       *testing.T
	url     string
	address string
	runs    sync.WaitGroup
	life    context.Context //nolint:containedctx // of the runs: until the test ends
	turns   chan struct{}   // how many calls go on at once

	posting, mostPosting, taken atomic.Int64

	mu        sync.Mutex
	server    *http.Server // nil while it is away
	conduct   conduct
	functions map[string]function  // by id
	known     map[string]bool      // events that have begun a run, for 24 h at Inngest
	posts     map[string]int       // how often each event came
	first     map[string]time.Time // when each came first
	begun     map[string]time.Time // when its first call was made
	next      time.Time            // when the next run may begin
}

// conduct is how an engine behaves.
type conduct struct {
	swallow bool          // it takes events and begins nothing
	endless bool          // it makes the first call of a run and no other
	answer  time.Duration // it takes so long to answer what sends it events
	rate    float64       // runs that begin a second; 0 for as fast as it can
}

// callsAtOnce is how many calls an engine makes at once: as many as keep two cores busy.
const callsAtOnce = 16

// answerAfter is how long an engine takes to answer at least: about as long as a busy
// Inngest and the way to it.
const answerAfter = 20 * time.Millisecond

func startEngine(t *testing.T, c conduct) *engine {
	t.Helper()
	life, end := context.WithCancel(context.WithoutCancel(t.Context()))
	e := &engine{t: t, life: life, turns: make(chan struct{}, callsAtOnce), conduct: c}
	e.forget()
	e.posts, e.first, e.begun = map[string]int{}, map[string]time.Time{}, map[string]time.Time{}
	e.address = "127.0.0.1:0"
	e.comesBack()
	e.url = "http://" + e.address
	t.Cleanup(func() {
		e.leaves()
		end()
		e.runs.Wait()
	})
	return e
}

// leaves has connections refused, and ends those that there are.
func (e *engine) leaves() {
	e.mu.Lock()
	server := e.server
	e.server = nil
	e.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
}

// comesBack listens again.
func (e *engine) comesBack() {
	listener, err := net.Listen("tcp4", e.address)
	must(e.t, err)
	e.address = listener.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(e.serve), ReadHeaderTimeout: time.Minute}
	e.mu.Lock()
	e.server = server
	e.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // until it leaves
}

// forget makes it another engine, which knows no function and no event.
func (e *engine) forget() {
	e.forgetEvents()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.functions = map[string]function{}
}

// forgetEvents has it begin runs of events that it has had before.
func (e *engine) forgetEvents() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known = map[string]bool{}
}

// behave changes how it behaves from now on.
func (e *engine) behave(c conduct) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conduct = c
}

func (e *engine) conducts() conduct {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.conduct
}

// serve is its API, as far as a router uses it.
func (e *engine) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
	case strings.HasPrefix(r.URL.Path, "/e/"):
		e.takes(w, body)
	case r.URL.Path == "/fn/register":
		e.registers(w, body)
	case strings.HasPrefix(r.URL.Path, "/v1/apps/"):
		e.mu.Lock()
		defer e.mu.Unlock()
		list := []map[string]any{}
		for id, f := range e.functions {
			list = append(list, map[string]any{"id": id, "config": map[string]any{"driver": map[string]string{"uri": f.url}}})
		}
		_ = json.NewEncoder(w).Encode(list)
	case r.URL.Path == "/health":
		_, _ = io.WriteString(w, `{"status":200,"message":"OK"}`)
	default:
		http.Error(w, `{"error":"a stand-in has no such route"}`, http.StatusNotFound)
	}
}

// takes answers POST /e/KEY: an event, or a list of them.
func (e *engine) takes(w http.ResponseWriter, body []byte) {
	now := e.posting.Add(1)
	defer e.posting.Add(-1)
	for most := e.mostPosting.Load(); now > most && !e.mostPosting.CompareAndSwap(most, now); {
		most = e.mostPosting.Load()
	}
	var raw []json.RawMessage
	if json.Unmarshal(body, &raw) != nil {
		raw = []json.RawMessage{body}
	}
	ids := make([]string, len(raw))
	for i, text := range raw {
		ids[i] = e.take(text)
	}
	e.taken.Add(int64(len(raw)))
	pause := max(e.conducts().answer, answerAfter)
	select {
	case <-time.After(pause):
	case <-e.life.Done():
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids, "status": http.StatusOK})
}
