// Command inngest measures what Inngest does: how many events and steps a second, and how
// soon after its commit the run of an event begins and ends. It starts the servers, the
// development server and one as in production, with PostgreSQL and Redis, and at each of
// them a router with jobs that do nothing ("switchyard"), and an app with Inngest's SDK
// alone, whose events are sent to Inngest directly ("alone"): what that does is
// Inngest's part.
//
//	go run ./inngest
//	go run ./inngest -servers "hosted hosted,tick=50" -limits 10 -rounds 5 -for 5s
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/bench/inngest/load"
	"switchyard/internal/stack"
)

// sizes is what is measured, and how much.
type sizes struct {
	servers, apps, limits, steps, batches []string

	rounds int
	d      time.Duration // of a flood, and of a pace
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	defer stop()
	s := sizes{
		servers: []string{"dev", "hosted"}, apps: []string{"switchyard", "alone"},
		limits: []string{"1", "10", "100"}, steps: []string{"1", "4"}, batches: []string{"0"},
	}
	list := func(name string, to *[]string, use string) {
		flag.Func(name, use+" (default "+strings.Join(*to, " ")+")", func(text string) error { *to = strings.Fields(text); return nil })
	}
	list("servers", &s.servers, "dev, hosted or sqlite, with settings after commas: \"hosted hosted,tick=50\"")
	list("apps", &s.apps, "switchyard, connect, alone or checkpoint")
	list("limits", &s.limits, "of concurrency: 1, 10, 100")
	list("steps", &s.steps, "of the jobs: 1, 4")
	list("batches", &s.batches, "events that one run handles at most: 100, with the limit 10; 0 for one each")
	flag.IntVar(&s.rounds, "rounds", 1, "how often each is measured, in turn, of which the median counts")
	flag.DurationVar(&s.d, "for", 1500*time.Millisecond, "about how long one measurement takes")
	flag.Parse()
	if err := measure(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "inngest:", err)
		os.Exit(1)
	}
}

// measure measures and prints everything.
func measure(ctx context.Context, w io.Writer, s sizes) (err error) {
	dir, remove, err := stack.TempDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	program, err := build(ctx, dir)
	if err != nil {
		return err
	}
	var all []*subject
	for i, name := range s.servers {
		server, err := startServer(ctx, name, filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.close()) }()
		for _, app := range s.apps {
			started, err := startApp(ctx, server, app, program)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, started.close()) }()
			for _, c := range load.Cases() {
				if s.has(c) {
					all = append(all, &subject{server: server, name: app, app: started, c: c})
				}
			}
		}
	}
	for range s.rounds {
		for _, one := range all {
			if err := one.measure(ctx, s.d); err != nil {
				return err
			}
		}
	}
	return print(w, all)
}

// has reports whether the case is to be measured.
func (s sizes) has(c load.Case) bool {
	is := func(all []string, n int) bool { return slices.Contains(all, strconv.Itoa(n)) }
	return is(s.limits, c.Limit) && is(s.steps, c.Steps) && is(s.batches, c.Batch)
}

// startApp starts the app called name at the server.
func startApp(ctx context.Context, s *server, name, program string) (app, error) {
	switch name {
	case "switchyard", "connect":
		return startSwitchyard(ctx, s, program, filepath.Join(s.dir, name), name == "connect")
	case "alone", "checkpoint":
		return startAlone(ctx, s, name == "checkpoint")
	}
	return nil, fmt.Errorf("there is no app %q", name)
}

// print prints a line for each subject, those of one case below each other. The ratio is
// that of its rate to the first one's of its case.
func print(w io.Writer, all []*subject) error {
	slices.SortStableFunc(all, func(a, b *subject) int {
		return cmp.Or(a.c.Batch-b.c.Batch, a.c.Steps-b.c.Steps, a.c.Limit-b.c.Limit)
	})
	fmt.Fprintf(w, "%5s %5s %5s  %-24s %-11s %8s %8s %6s  %-19s %-19s %-13s\n", "steps", "limit", "batch", "server", "app",
		"events/s", "steps/s", "ratio", "begun ms p50 p99", "ended ms p50 p99", "CPU ms/event: app, server")
	var first *subject
	for _, s := range all {
		if first == nil || first.c != s.c {
			first = s
		}
		rate := median(s.rates)
		fmt.Fprintf(w, "%5d %5d %5d  %-24s %-11s %8.1f %8.1f %6.2f  %8.0f %8.0f   %8.0f %8.0f   %6.1f %6.1f\n",
			s.c.Steps, s.c.Limit, s.c.Batch, s.server.name, s.name, rate, rate*float64(s.c.Steps), rate/median(first.rates),
			at(s.begun, 0.5), at(s.begun, 0.99), at(s.ended, 0.5), at(s.ended, 0.99), median(s.appCPU), median(s.serverCPU))
	}
	return nil
}

// at returns the value below which a share of them is, in milliseconds.
func at(all []time.Duration, share float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(share*float64(len(sorted)-1))].Seconds() * 1000
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
