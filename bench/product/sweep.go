package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"time"

	"switchyard/bench/product/data"
	"switchyard/bench/product/load"
)

// functions has command functions of this module measure a project with so many.
func functions(ctx context.Context, n int) ([]float64, error) {
	cmd := exec.CommandContext(ctx, "go", "run", "./functions", "-json", "-n", strconv.Itoa(n))
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("measure %d functions: %w", n, err)
	}
	var all []struct {
		Changed     float64 `json:"generate_changed_ms"`
		Incremental float64 `json:"build_changed_ms"`
		Ready       float64 `json:"ready_ms"`
		Idle        float64 `json:"idle_mib"`
		Ping        float64 `json:"ping_us"`
	}
	if err := json.Unmarshal(out, &all); err != nil || len(all) != 1 {
		return nil, fmt.Errorf("read what is said of %d functions: %w", n, err)
	}
	f := all[0]
	return []float64{f.Ready, f.Idle, f.Ping, f.Changed / 1000, f.Incremental / 1000}, nil
}

// with has the product do something with a database of its own.
func (b *bench) with(ctx context.Context, name string, fill func(*data.Database) error, do func(*process) error) (err error) {
	usual := b.database
	defer func() {
		b.database = usual
		b.inngest.of(usual)
	}()
	if b.database, err = usual.Another(ctx, name); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.database.Drop(ctx)) }()
	b.inngest.of(b.database)
	if err := b.migrate(ctx); err != nil {
		return err
	}
	if err := fill(b.database); err != nil {
		return err
	}
	return b.alone(ctx, do)
}

// alone starts the product, has it do something, and ends it.
func (b *bench) alone(ctx context.Context, do func(*process) error) error {
	p, err := b.launch(ctx, &b.all[0], "off")
	if err != nil {
		return err
	}
	return errors.Join(do(p), p.end())
}

func (b *bench) users(ctx context.Context, n int) ([]float64, error) {
	return b.lists(ctx, "users", data.Size{Users: n, Each: 1})
}

func (b *bench) files(ctx context.Context, n int) ([]float64, error) {
	return b.lists(ctx, "files", data.Size{Users: 1, Each: n})
}

// lists measures the signed-in list with so many users and items.
func (b *bench) lists(ctx context.Context, name string, size data.Size) (values []float64, err error) {
	fill := func(d *data.Database) error { return d.Fill(ctx, size) }
	err = b.with(ctx, name, fill, func(p *process) error {
		s, err := b.list(ctx, p)
		values = []float64{s.p50, s.CPUMicros}
		return err
	})
	return values, err
}

func (b *bench) list(ctx context.Context, p *process) (sample, error) {
	all, err := b.works(ctx)
	if err != nil {
		return sample{}, err
	}
	for _, w := range all {
		if w.name == "list" {
			defer p.resume() // so that it can be ended
			return b.measure(ctx, p, w)
		}
	}
	return sample{}, errors.New("there is no such work")
}

// waiting finds in what command relay prints how many events a second it sends while many wait.
var waiting = regexp.MustCompile(`(?m)^(\d+) wait +(\d+) events/s`)

// backlog has command relay of this module measure how fast events are sent while so many wait.
func backlog(ctx context.Context, n int) ([]float64, error) {
	out, err := exec.CommandContext(ctx, "go", "run", "./relay", "-few", "1000", "-many", strconv.Itoa(n), "-rounds", "1", "-events", "2").Output()
	if err != nil {
		return nil, fmt.Errorf("measure the relay: %w", err)
	}
	all := waiting.FindAllStringSubmatch(string(out), -1)
	if len(all) != 2 {
		return nil, fmt.Errorf("command relay says something else: %s", out)
	}
	perSecond, err := strconv.ParseFloat(all[1][2], 64)
	return []float64{perSecond}, err
}

// clients measures what it takes to tell so many something.
func (b *bench) clients(ctx context.Context, n int) (values []float64, err error) {
	err = b.alone(ctx, func(p *process) (err error) {
		l, err := listen(ctx, p.addr, n)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, l.close()) }()
		before := p.cpu()
		r, err := l.tell(ctx, p.addr, b.each)
		if err != nil {
			return err
		}
		used := p.cpu() - before
		values = []float64{p.memory(), float64(used.Microseconds()) / float64(r.Requests)}
		return nil
	})
	return values, err
}

// replicas measures lists, of which each of so many replicas answers a part.
func (b *bench) replicas(ctx context.Context, n int) (values []float64, err error) {
	var all []*process
	defer func() {
		for _, p := range all {
			err = errors.Join(err, p.end())
		}
	}()
	for range n {
		p, err := b.launch(ctx, &b.all[0], "off")
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	cookies, err := b.database.Cookies(ctx, different)
	if err != nil {
		return nil, err
	}
	requests := make([][]byte, len(cookies))
	for i, cookie := range cookies {
		requests[i] = load.Request(http.MethodGet, "/api/mine?limit=20", "", "Cookie: "+sessionToken+"="+cookie)
	}
	if _, err := b.share(ctx, all, requests, b.warm()); err != nil {
		return nil, err
	}
	before := used(all)
	r, err := b.share(ctx, all, requests, b.each)
	return []float64{r.PerSecond(), float64((used(all) - before).Microseconds()) / float64(max(1, r.Requests))}, err
}

// share has the connections of the load spread over replicas.
func (b *bench) share(ctx context.Context, all []*process, requests [][]byte, each time.Duration) (sum load.Result, err error) {
	results, errs := make([]load.Result, len(all)), make([]error, len(all))
	var running sync.WaitGroup
	for i, p := range all {
		running.Go(func() {
			results[i], errs[i] = load.Run(ctx, p.addr, requests, max(1, b.Connections/len(all)), each)
		})
	}
	running.Wait()
	for _, r := range results {
		sum.Requests, sum.Took = sum.Requests+r.Requests, max(sum.Took, r.Took)
	}
	return sum, errors.Join(errs...)
}

func used(all []*process) (sum time.Duration) {
	for _, p := range all {
		sum += p.cpu()
	}
	return sum
}
