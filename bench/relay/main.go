// Command relay measures the relay of package events: how fast it sends what waits, what
// that costs, whether it depends on how much waits, and how soon after its commit an event
// is sent. The database is a real PostgreSQL that writes to the disk; what takes the
// events answers like Inngest's event API and begins their runs, which end at once. All
// of it shares this machine.
//
//	go run ./relay
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"
)

// sizes is how much is measured.
type sizes struct {
	few, many int // rows that wait
	rounds    int // of each, in turn, of which the median counts
	events    int // whose latency is measured
	every     time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	defer stop()
	s := sizes{every: 50 * time.Millisecond}
	flag.IntVar(&s.few, "few", 10_000, "rows that wait, and how many of them are relayed")
	flag.IntVar(&s.many, "many", 1_000_000, "rows that wait in comparison")
	flag.IntVar(&s.rounds, "rounds", 5, "how often each is measured")
	flag.IntVar(&s.events, "events", 400, "events whose latency is measured")
	flag.Parse()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// run measures and prints everything.
func run(ctx context.Context, w io.Writer, s sizes) (err error) {
	d, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := speed(ctx, w, d, s); err != nil {
		return err
	}
	return latency(ctx, w, d, s)
}

// speed prints how fast events are relayed, and what that costs, while few and while many
// wait.
func speed(ctx context.Context, w io.Writer, d *deployment, s sizes) error {
	cases := []struct {
		backlog
		what string
		all  bool // until the outbox is empty
	}{
		{backlog{name: "few", waiting: s.few}, fmt.Sprintf("%d wait", s.few), false},
		{backlog{name: "many", waiting: s.many}, fmt.Sprintf("%d wait", s.many), false},
		{backlog{name: "begun", waiting: s.few, begun: s.many}, fmt.Sprintf("%d wait, and runs of %d go on", s.few, s.many), false},
		{backlog{name: "keyed", waiting: s.few, keyed: true}, fmt.Sprintf("%d wait, each with a key of its own", s.few), false},
		{backlog{name: "unheard", waiting: s.few, unheard: true}, fmt.Sprintf("%d wait, to which nobody listens", s.few), false},
		{backlog{name: "all", waiting: s.few}, fmt.Sprintf("%d wait, until all are deleted", s.few), true},
		{backlog{name: "keyed all", waiting: s.few, keyed: true}, fmt.Sprintf("%d wait with a key each, until all are deleted", s.few), true},
	}
	costs := map[string][]cost{}
	for range s.rounds {
		for _, one := range cases {
			c, err := d.relay(ctx, one.backlog, s.few, one.all)
			if err != nil {
				return fmt.Errorf("relay %s: %w", one.name, err)
			}
			costs[one.name] = append(costs[one.name], c)
		}
	}
	for _, one := range cases {
		of := func(name string, what func(cost) float64) float64 { return medianOf(costs[name], what) }
		sending := func(c cost) float64 { return float64(c.sending.Microseconds()) / float64(s.few) }
		fmt.Fprintf(w, "%-50s %7.0f events/s  %6.1f µs/event  ratio %.2f   CPU %5.0f µs/event  WAL %5.0f bytes/event\n", one.what,
			1e6/of(one.name, sending), of(one.name, sending), of(one.name, sending)/of("few", sending),
			of(one.name, func(c cost) float64 { return float64(c.cpu.Microseconds()) / float64(c.events) }),
			of(one.name, func(c cost) float64 { return float64(c.wal) / float64(c.events) }))
	}
	return nil
}

// latency prints how soon after its commit an event arrives.
func latency(ctx context.Context, w io.Writer, d *deployment, s sizes) error {
	all, err := d.commitToArrival(ctx, s.events, s.every)
	if err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	slices.Sort(all)
	at := func(share float64) float64 { return all[int(share*float64(len(all)-1))].Seconds() * 1000 }
	fmt.Fprintf(w, "commit to Inngest, an event every %s%22s p50 %.1f ms  p99 %.1f ms  worst %.1f ms\n",
		s.every, "", at(0.50), at(0.99), at(1))
	return nil
}

func medianOf(all []cost, what func(cost) float64) float64 {
	var values []float64
	for _, c := range all {
		values = append(values, what(c))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
