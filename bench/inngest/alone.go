package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/inngest/inngestgo"
	checkpointing "github.com/inngest/inngestgo/pkg/checkpoint"
	"github.com/inngest/inngestgo/step"

	"switchyard/bench/cpu"
	"switchyard/bench/inngest/load"
)

const alonePath = "/api/inngest"

// alone is an app with Inngest's SDK and nothing else, in this process. Its events are
// sent to Inngest directly.
type alone struct {
	server *server
	id     string
	http   *http.Server

	mu    sync.Mutex
	next  int
	known map[int]*run // by number
}

// startAlone starts it. With checkpoint it goes on from step to step by itself, and tells
// Inngest of them.
func startAlone(ctx context.Context, s *server, checkpoint bool) (*alone, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &alone{server: s, id: "alone", known: map[int]*run{}}
	if checkpoint {
		a.id = "checkpoint"
	}
	origin := "http://" + l.Addr().String()
	client, err := inngestgo.NewClient(inngestgo.ClientOpts{
		AppID: a.id, Dev: new(!s.hosted()), Env: new(""), SigningKey: new(signingKey), SigningKeyFallback: new(""),
		EventKey: new("none"), APIBaseURL: &s.URL, EventAPIBaseURL: &s.URL, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	for _, c := range load.Cases() {
		if err := a.add(client, c, checkpoint); err != nil {
			return nil, err
		}
	}
	handler := client.ServeWithOpts(inngestgo.ServeOpts{Origin: &origin, Path: new(alonePath), EnableUnauthedSync: new(true)})
	a.http = &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	go func() { _ = a.http.Serve(l) }()
	return a, a.register(ctx, origin)
}

// add makes a function of the case.
func (a *alone) add(client inngestgo.Client, c load.Case, checkpoint bool) error {
	opts := inngestgo.FunctionOpts{
		ID: c.ID(), Name: c.ID(), Retries: new(0),
		Concurrency: &inngestgo.ConfigConcurrency{Step: []inngestgo.ConfigStepConcurrency{{Limit: c.Limit}}},
	}
	if c.Batch > 0 {
		opts.BatchEvents = &inngestgo.ConfigBatchEvents{MaxSize: c.Batch, Timeout: time.Second}
	}
	if checkpoint {
		opts.Checkpoint = checkpointing.ConfigSafe
	}
	_, err := inngestgo.CreateFunction(client, opts, inngestgo.EventTrigger(a.event(c), nil),
		func(ctx context.Context, in inngestgo.Input[load.Input]) (any, error) {
			for _, e := range in.Events {
				a.note(e.Data.N, func(r *run) *time.Time { return &r.begun })
			}
			for i := range c.Steps {
				if _, err := step.Run(ctx, fmt.Sprintf("step %d", i+1), func(context.Context) (int, error) { return 1, nil }); err != nil {
					return nil, err
				}
			}
			for _, e := range in.Events {
				a.note(e.Data.N, func(r *run) *time.Time { return &r.ended })
			}
			return c.Steps, nil
		})
	return err
}

// event returns the name of the case's events.
func (a *alone) event(c load.Case) string { return a.id + "/" + c.ID() }

// note writes the time down, if none is yet.
func (a *alone) note(n int, of func(*run) *time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.known[n]; r != nil && of(r).IsZero() {
		*of(r) = time.Now()
	}
}

// register tells Inngest of the functions.
func (a *alone) register(ctx context.Context, origin string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, origin+alonePath, nil)
	if err != nil {
		return err
	}
	return do(req)
}

// cpu implements app: that of this process, with all that the benchmark does itself.
func (a *alone) cpu() (time.Duration, error) { return cpu.Own() }

func (a *alone) close() error { return a.http.Close() }

// series implements app.
func (a *alone) series(c load.Case) (series, error) { return &posted{alone: a, c: c}, nil }

// posted are events that were sent to Inngest directly.
type posted struct {
	*alone
	c       load.Case
	numbers []int
}

// publish implements series.
func (p *posted) publish(ctx context.Context, n int) error {
	for n > 0 {
		some := make([]map[string]any, min(n, atOnce))
		first := len(p.numbers)
		p.mu.Lock()
		for i := range some {
			p.next++
			p.known[p.next], p.numbers = &run{}, append(p.numbers, p.next)
			some[i] = map[string]any{"name": p.event(p.c), "data": load.Input{N: p.next}}
		}
		p.mu.Unlock()
		body, err := json.Marshal(some)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.server.URL+"/e/"+p.server.EventKey, bytes.NewReader(body))
		if err != nil {
			return err
		}
		if err := do(req); err != nil {
			return err
		}
		p.mu.Lock()
		for _, number := range p.numbers[first:] {
			p.known[number].published = time.Now()
		}
		p.mu.Unlock()
		n -= len(some)
	}
	return nil
}

// runs implements series.
func (p *posted) runs(context.Context) ([]run, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []run
	for _, number := range p.numbers {
		if r := p.known[number]; !r.ended.IsZero() {
			all = append(all, *r)
		}
	}
	return all, nil
}

// do sends a request that must be answered with 200.
func do(req *http.Request) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		said, err := io.ReadAll(res.Body)
		return errors.Join(fmt.Errorf("%s answers %s: %s", req.URL, res.Status, said), err)
	}
	return nil
}
