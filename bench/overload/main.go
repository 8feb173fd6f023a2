// Command overload measures what the router does with three times as much as it can do: the
// list of files, for somebody who is signed in, over a real PostgreSQL. The router has
// processors of its own; the load, which is open (a request is sent when its time has come,
// whatever became of those before), and the database have others.
//
//	go run ./overload
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

type settings struct {
	router, others string        // the processors of each, as taskset has them
	each           time.Duration // how long a load goes on
	clients        int           // addresses that it comes from
	times          float64       // the capacity
	path           string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	defer stop()
	var s settings
	flag.StringVar(&s.router, "router", "0", "processors of the router, as taskset names them")
	flag.StringVar(&s.others, "others", "1", "processors of the load and of the database")
	flag.DurationVar(&s.each, "each", time.Minute, "how long each load goes on")
	flag.IntVar(&s.clients, "clients", 50, "addresses that requests come from")
	flag.Float64Var(&s.times, "times", 3, "how much more is sent than can be done")
	flag.StringVar(&s.path, "path", "/api/files", "what is asked for, by somebody who is signed in")
	flag.Parse()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "overload:", err)
		os.Exit(1)
	}
}

// pinned says in the environment that this process is where it belongs.
const pinned = "OVERLOAD_PINNED"

// run measures and prints everything, in a process of its own on the right processors.
func run(ctx context.Context, w io.Writer, s settings) (err error) {
	if os.Getenv(pinned) == "" { //nolint:forbidigo // from ourselves
		cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", s.others}, os.Args...)...)
		cmd.Env = append(os.Environ(), pinned+"=1") //nolint:forbidigo // as above
		cmd.Stdout, cmd.Stderr = w, os.Stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		return cmd.Run()
	}
	d, err := open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	_, _ = d.closed(ctx, s.each/4) // to warm up
	peak, err := d.closed(ctx, s.each)
	if err != nil {
		return err
	}
	capacity := peak.good(s.each)
	fmt.Fprintf(w, "capacity: %s\n", peak.says(s.each))
	half, err := d.open(ctx, capacity/2, s.each)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "half of it: %s\n", half.says(s.each))
	much, err := d.open(ctx, capacity*s.times, s.each)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%g times: %s\n", s.times, much.says(s.each))
	after, err := d.open(ctx, capacity/2, 5*time.Second)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "after it: well again after %s\n", after.recovered().Round(100*time.Millisecond))
	fmt.Fprintf(w, "ratios: goodput %.2f of the peak (want 0.85), memory %.2f of that at capacity (want at most 1.5)\n",
		much.good(s.each)/capacity, float64(much.memory)/float64(max(1, peak.memory)))
	return nil
}
