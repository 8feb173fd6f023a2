// Command relay measures the relay of package events: how fast it sends what waits,
// whether that depends on how much waits, and how soon after its commit an event is
// sent. The database is a real PostgreSQL that writes to the disk; what takes the
// events answers like Inngest's event API. All of it shares this machine.
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

// speed prints how fast events are relayed while few, many, and few beside many that
// Inngest has, wait.
func speed(ctx context.Context, w io.Writer, d *deployment, s sizes) error {
	took := map[string][]time.Duration{}
	for range s.rounds {
		for _, wait := range []backlog{
			{name: "few", waiting: s.few},
			{name: "many", waiting: s.many},
			{name: "sent", waiting: s.few, sent: s.many},
			{name: "keyed", waiting: s.few, keyed: true},
		} {
			t, err := d.relay(ctx, wait, s.few)
			if err != nil {
				return fmt.Errorf("relay %s: %w", wait.name, err)
			}
			took[wait.name] = append(took[wait.name], t)
		}
	}
	few, fewBest := median(took["few"]), slices.Min(took["few"])
	row := func(name, what string) {
		t, best := median(took[name]), slices.Min(took[name])
		fmt.Fprintf(w, "%-52s %7.0f events/s  %6.1f µs/event  ratio %.2f (best rounds: %.2f)\n", what,
			float64(s.few)/t.Seconds(), float64(t.Microseconds())/float64(s.few),
			t.Seconds()/few.Seconds(), best.Seconds()/fewBest.Seconds())
	}
	row("few", fmt.Sprintf("%d wait", s.few))
	row("many", fmt.Sprintf("%d wait", s.many))
	row("sent", fmt.Sprintf("%d wait, and runs of %d go on", s.few, s.many))
	row("keyed", fmt.Sprintf("%d wait, each with a key of its own", s.few))
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

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
