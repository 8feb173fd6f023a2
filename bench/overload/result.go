package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"switchyard/bench/cpu"
)

// result is what became of a load.
type result struct {
	d      *deployment
	start  time.Time
	logged int64         // bytes
	router time.Duration // of processors
	load   time.Duration // the same
	took   time.Duration
	memory int // bytes, at most

	mu       sync.Mutex
	answered []answer
	failed   map[int]int // by status; 0: no answer
	bad      []time.Duration
}

type answer struct{ at, took time.Duration } // at: when it was due, after the start

func (d *deployment) begin() *result {
	r := &result{d: d, start: time.Now(), logged: d.logged(), failed: map[int]int{}}
	r.router, _ = cpu.Of(d.router.Process.Pid)
	r.load, _ = cpu.Own()
	return r
}

// add notes the status of the answer to a request that was due at at.
func (r *result) add(at time.Time, status int) {
	one := answer{at.Sub(r.start), time.Since(at)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if status == http.StatusOK {
		r.answered = append(r.answered, one)
		return
	}
	r.failed[status]++
	r.bad = append(r.bad, one.at)
}

// watch looks at the router's memory until the load is over.
func (r *result) watch(ctx context.Context, each time.Duration) error {
	over := time.After(each)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.memory = max(r.memory, r.d.memory())
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *result) end() *result {
	r.logged, r.took = r.d.logged()-r.logged, time.Since(r.start)
	router, _ := cpu.Of(r.d.router.Process.Pid)
	load, _ := cpu.Own()
	r.router, r.load = router-r.router, load-r.load
	return r
}

// good returns how many requests in a second were answered well.
func (r *result) good(each time.Duration) float64 { return float64(len(r.answered)) / each.Seconds() }

// quantile returns how long that part of the good answers took at most.
func (r *result) quantile(part float64) time.Duration {
	var all []time.Duration
	for _, one := range r.answered {
		all = append(all, one.took)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(part*float64(len(all)-1))].Round(100 * time.Microsecond)
}

// recovered returns after which time all requests were answered well, and soon.
func (r *result) recovered() (last time.Duration) {
	const soon = time.Second / 4
	for _, at := range r.bad {
		last = max(last, at)
	}
	for _, one := range r.answered {
		if one.took > soon {
			last = max(last, one.at)
		}
	}
	return last
}

func (r *result) says(each time.Duration) string {
	return fmt.Sprintf("%.0f good/s, p50 %s, p99 %s, others by status %v, %d MiB, %.2f MB of log a second; of processors the router had %.2f, the load %.2f",
		r.good(each), r.quantile(.5), r.quantile(.99), r.failed, r.memory>>20, float64(r.logged)/1e6/r.took.Seconds(),
		r.router.Seconds()/r.took.Seconds(), r.load.Seconds()/r.took.Seconds())
}
