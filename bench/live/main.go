// Command live measures package live: what streams cost that have nothing to send, how long
// messages take to many clients, and how many one PostgreSQL can take. The database writes to the
// disk. The streams are in a process of their own, those that have nothing to send in the router of
// this repository, as browsers of people who are signed in, the others in a plain HTTP server with a
// hub; clients, publishers and PostgreSQL share its machine.
//
//	go run ./live
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// sizes is how much is measured.
type sizes struct {
	idle, busy int           // clients
	waits      time.Duration // of them that are idle
	memory     string        // that their router may have
	rate       int           // messages a second
	lasts      time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	defer stop()
	s := sizes{}
	flag.IntVar(&s.idle, "idle", 10_000, "clients that have nothing to read")
	flag.DurationVar(&s.waits, "waits", 5*time.Minute, "how long these are looked at")
	flag.StringVar(&s.memory, "memory", "286MiB", "the MEMORY_LIMIT of the router that serves these; \"\" for none")
	flag.IntVar(&s.busy, "busy", 1_000, "clients that read")
	flag.IntVar(&s.rate, "rate", 1_000, "messages a second to them")
	flag.DurationVar(&s.lasts, "lasts", 20*time.Second, "each measurement")
	serves := flag.String("serve", "", "for itself: serve streams of the database with this URL")
	flag.Parse()
	do := func() error { return run(ctx, os.Stdout, s) }
	if *serves != "" {
		do = func() error { return serve(ctx, *serves) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
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
	for _, measure := range []func(context.Context, io.Writer, *deployment, sizes) error{idle, busy, busyBesideOld, commits} {
		if err := measure(ctx, w, d, s); err != nil {
			return err
		}
	}
	return nil
}
