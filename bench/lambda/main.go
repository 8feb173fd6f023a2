// Command lambda measures what Switchyard costs on AWS Lambda: the size of a package,
// the time from the start of the process to its first answer, and the time of each
// answer after that. It compares a function that answers with {"message":"hello"} with
// programs that answer the same: one with aws-lambda-go and nothing else, one with a
// handler of net/http behind algnhsa, and one with Switchyard's host (routing, limits,
// validation, a log line for each request) behind algnhsa. All run on this machine,
// which is the Runtime API too, in turn, so that what else happens here happens to all.
//
//	go run ./lambda
package main

import (
	"cmp"
	"context"
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
	starts int // of each program
	rounds int // of events for each program
	events int // in a round
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	defer stop()
	var s sizes
	flag.IntVar(&s.starts, "starts", 60, "how often each program is started")
	flag.IntVar(&s.rounds, "rounds", 200, "rounds of events for each program")
	flag.IntVar(&s.events, "events", 100, "events in a round")
	flag.Parse()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "lambda:", err)
		os.Exit(1)
	}
}

// run measures and prints everything.
func run(ctx context.Context, w io.Writer, s sizes) error {
	dir, err := os.MkdirTemp("", "bench-lambda-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := build(ctx, dir)
	if err != nil {
		return err
	}
	cold, err := starts(ctx, programs, s.starts)
	if err != nil {
		return err
	}
	warm, err := answers(ctx, programs, s)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%-15s %10s %22s %22s\n", "", "zip", "start to first answer", "each answer after that")
	for i, p := range programs {
		fmt.Fprintf(w, "%-15s %7.1f MB %19.1f ms %19.1f µs\n", p.name, float64(p.zip)/1e6,
			float64(median(cold[i]).Microseconds())/1000, float64(median(warm[i]).Nanoseconds())/1000)
	}
	fmt.Fprintf(w, "\nmedians of %d starts, and of the means of %d rounds of %d answers\n", s.starts, s.rounds, s.events)
	fmt.Fprintf(w, "start: %.2f of aws-lambda-go's (may be 1.5)\n", ratio(cold[switchyard], cold[bare]))
	fmt.Fprintf(w, "answer: %.2f of algnhsa's with the same host behind it (may be 1.2)\n", ratio(warm[switchyard], warm[hostAlgnhsa]))
	fmt.Fprintf(w, "answer: %.2f of algnhsa's with nothing but a handler behind it\n", ratio(warm[switchyard], warm[bareAlgnhsa]))
	return nil
}

// starts returns how long the programs take from the start to the first answer.
func starts(ctx context.Context, programs []program, n int) ([][]time.Duration, error) {
	took := make([][]time.Duration, len(programs))
	for range n {
		for i, p := range programs {
			begin := time.Now()
			e, err := start(ctx, p)
			if err != nil {
				return nil, err
			}
			err = e.invoke(ctx)
			took[i] = append(took[i], time.Since(begin))
			e.stop()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return took, nil
}

// answers returns how long the programs take for an event when they have begun.
func answers(ctx context.Context, programs []program, s sizes) ([][]time.Duration, error) {
	took := make([][]time.Duration, len(programs))
	environments := make([]*environment, len(programs))
	for i, p := range programs {
		e, err := start(ctx, p)
		if err != nil {
			return nil, err
		}
		defer e.stop()
		environments[i] = e
	}
	for round := range s.rounds + 1 {
		for i, e := range environments {
			begin := time.Now()
			for range s.events {
				if err := e.invoke(ctx); err != nil {
					return nil, fmt.Errorf("%s: %w", programs[i].name, err)
				}
			}
			if round > 0 { // the first warms up
				took[i] = append(took[i], time.Since(begin)/time.Duration(s.events))
			}
		}
	}
	return took, nil
}

func median[T cmp.Ordered](all []T) T { return slices.Sorted(slices.Values(all))[len(all)/2] }

// ratio returns the median of the ratios within a round, in which both had the same
// neighbours.
func ratio(a, b []time.Duration) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	return median(ratios)
}
