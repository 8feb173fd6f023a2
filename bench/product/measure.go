package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"switchyard/bench/product/result"
)

// sample is one measurement.
type sample struct {
	result.Round

	p50, p99, busy float64
}

// measure has one process do a work for a while, alone.
func (b *bench) measure(ctx context.Context, p *process, w work) (s sample, err error) {
	p.resume()
	defer p.stop()
	requests, err := w.requests(ctx, p)
	if err != nil {
		return s, err
	}
	if _, err := w.do(ctx, p, requests, b.Connections, b.warm()); err != nil {
		return s, fmt.Errorf("%s, %s: %w", p.Name, w.name, err)
	}
	if err := p.quiet(); err != nil {
		return s, err
	}
	before := p.cpu()
	r, err := w.do(ctx, p, requests, b.Connections, b.each)
	if err == nil && w.after != nil {
		err = w.after(ctx)
	}
	if err != nil {
		return s, fmt.Errorf("%s, %s: %w", p.Name, w.name, err)
	}
	used := p.cpu() - before
	if r.Errors > 0 {
		return s, fmt.Errorf("%s, %s: %d of %d requests failed, the first one: %w", p.Name, w.name, r.Errors, r.Errors+r.Requests, r.First)
	}
	s.PerSecond, s.CPUMicros, s.Load = r.PerSecond(), float64(used.Microseconds())/float64(r.Requests), loadAverage()
	s.Lines = float64(p.lines()) / float64(r.Requests)
	s.p50, s.p99, s.busy = ms(r.P50), ms(r.P99), used.Seconds()/r.Took.Seconds()
	return s, p.quiet()
}

// warm returns how long a work is done before it is measured.
func (b *bench) warm() time.Duration { return max(b.each/5, 100*time.Millisecond) }

// compare has all do all works in turn, some rounds long.
func (b *bench) compare(ctx context.Context, all []work) error {
	samples := map[string]map[string][]sample{} // by work and contestant
	for round := range b.Rounds {
		for _, w := range all {
			if samples[w.name] == nil {
				samples[w.name] = map[string][]sample{}
			}
			who := b.able(w)
			for i := range who {
				p := who[(i+round)%len(who)] // each is the first one some time
				s, err := b.measure(ctx, p, w)
				if err != nil {
					return err
				}
				samples[w.name][p.Name] = append(samples[w.name][p.Name], s)
			}
		}
		b.say("round %d of %d is over", round+1, b.Rounds)
	}
	for _, w := range all {
		b.Works = append(b.Works, b.sum(w, samples[w.name]))
	}
	return nil
}

// able returns the processes that can do a work.
func (b *bench) able(w work) (all []*process) {
	for _, p := range b.running {
		if w.cached && p.Name != result.Reference || w.few != nil && !slices.Contains(w.few, p.Name) {
			continue
		}
		all = append(all, p)
	}
	if w.cached {
		all = append(all, b.cached...)
	}
	return all
}

// reference returns whom the others are compared with.
func (b *bench) reference() string {
	if b.pgo != "" {
		return result.Product
	}
	return result.Reference
}

// sum makes scores of samples.
func (b *bench) sum(w work, samples map[string][]sample) result.Work {
	scores := result.Work{Name: w.name, Title: w.title, Pace: w.perSecond}
	for i := range b.all {
		name := b.all[i].Name
		if all := samples[name]; len(all) > 0 {
			scores.Results = append(scores.Results, score(name, all, samples[b.reference()]))
		}
	}
	return scores
}

func score(name string, all, reference []sample) result.Score {
	median := func(of func(sample) float64) float64 {
		var values []float64
		for _, s := range all {
			values = append(values, of(s))
		}
		return result.Median(values)
	}
	s := result.Score{
		Contestant: name,
		PerSecond:  median(func(s sample) float64 { return s.PerSecond }),
		CPUMicros:  median(func(s sample) float64 { return s.CPUMicros }),
		P50Ms:      median(func(s sample) float64 { return s.p50 }),
		P99Ms:      median(func(s sample) float64 { return s.p99 }),
		Busy:       median(func(s sample) float64 { return s.busy }),
	}
	var perSecond, cpu []float64
	for i := range all {
		s.Rounds = append(s.Rounds, all[i].Round)
		if i < len(reference) {
			perSecond = append(perSecond, all[i].PerSecond/reference[i].PerSecond)
			cpu = append(cpu, all[i].CPUMicros/reference[i].CPUMicros)
		}
	}
	s.Ratio = result.Ratio{PerSecond: result.Median(perSecond), CPU: result.Median(cpu)}
	s.Spread = result.Spread{PerSecond: span(perSecond), CPU: span(cpu)}
	return s
}

// span returns the least and the greatest.
func span(all []float64) (s [2]float64) {
	for i, x := range all {
		if i == 0 {
			s = [2]float64{x, x}
		}
		s = [2]float64{min(s[0], x), max(s[1], x)}
	}
	return s
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// loadAverage returns the machine's of one minute, or 0.
func loadAverage() (load float64) {
	text, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(text), &load)
	return load
}

// machine describes where we are.
func machine() (m result.Machine, err error) {
	info, err := os.ReadFile("/proc/cpuinfo")
	memory, failed := os.ReadFile("/proc/meminfo")
	kernel, failedToo := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel, m.Cores = strings.TrimSpace(string(kernel)), strings.Count(string(info), "processor\t:")
	if _, rest, ok := strings.Cut(string(info), "model name\t: "); ok {
		m.CPU, _, _ = strings.Cut(rest, "\n")
	}
	_, rest, _ := strings.Cut(string(memory), "MemTotal:")
	var kb int
	_, _ = fmt.Sscan(rest, &kb)
	m.MemoryMiB = kb / 1024
	return m, errors.Join(err, failed, failedToo)
}
