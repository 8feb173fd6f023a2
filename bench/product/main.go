// Command product measures the router beside others that do the same work: see
// bench/README.md. It writes product/results.json, of which command report makes
// docs/performance.md, and fails when a target is missed.
//
//	go run ./product -quick
//	go run ./product -only gin
//	go run ./product -serve gin
//	go run ./product -profile /tmp/profiles
//	go run ./product -curves users,files
//	go run ./product -pgo ../router/default.pgo
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"switchyard/bench/product/result"
)

type settings struct {
	result.Settings

	server, others string // processors, as taskset has them
	each           time.Duration
	starts         int
	only           []string
	onlyWorks      []string // all if none
	serve, profile string
	out            string
	curves         []string // which; all if none
	onlyCurves     bool
	large          bool
	pgo            string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:forbidigo // the first context
	defer stop()
	var s settings
	flag.BoolVar(&s.Quick, "quick", false, "in 3 minutes: 3 rounds of 400 ms, and no curves")
	flag.IntVar(&s.Rounds, "rounds", 0, "how often each contestant does each work (21; 3 with -quick)")
	flag.DurationVar(&s.each, "each", 0, "how long, each time (600ms; 400ms with -quick)")
	flag.IntVar(&s.Connections, "connections", 16, "connections of the load")
	flag.StringVar(&s.server, "server", "0", "processors of the contestants, as taskset names them")
	flag.StringVar(&s.others, "others", "1", "processors of the load and of the database")
	only := flag.String("only", "", "contestants beside the product and the reference, with commas between them; all if empty")
	onlyWorks := flag.String("works", "", "works, with commas between them: ping,echo,row,list,cached,page,calm,sse,upload,publish; all if empty")
	flag.StringVar(&s.serve, "serve", "", "measure nothing: start this contestant, and say how to ask it")
	flag.StringVar(&s.profile, "profile", "", "measure nothing: write profiles of the product at each work into this folder")
	curves := flag.String("curves", "", "measure curves alone: all, or some of functions,users,files,backlog,clients,replicas")
	flag.BoolVar(&s.large, "large", false, "curves up to the largest sizes")
	flag.StringVar(&s.pgo, "pgo", "", "compare the product with itself built with this profile, and with nothing else")
	flag.StringVar(&s.out, "out", "product/results.json", "where the results are written")
	flag.Parse()
	s.defaults(*only)
	if *onlyWorks != "" {
		s.onlyWorks = strings.Split(*onlyWorks, ",")
	}
	if s.onlyCurves = *curves != ""; *curves != "" && *curves != "all" {
		s.curves = strings.Split(*curves, ",")
	}
	if err := pinned(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "product:", err)
		os.Exit(1)
	}
}

func (s *settings) defaults(only string) {
	rounds, each := 21, 600*time.Millisecond // many short ones: the machine's noise lasts for seconds
	s.starts = 7
	if s.Quick {
		rounds, each, s.starts = 3, 400*time.Millisecond, 3
	}
	if s.Rounds == 0 {
		s.Rounds = rounds
	}
	if s.each == 0 {
		s.each = each
	}
	s.EachMs = int(s.each.Milliseconds())
	if only != "" {
		s.only = strings.Split(only, ",")
	}
}

// isPinned says in the environment that this process is on the right processors.
const isPinned = "PRODUCT_PINNED"

// pinned runs everything in a process that is, with all that it starts, on the processors
// of the load and the database.
func pinned(ctx context.Context, s settings) error {
	if os.Getenv(isPinned) != "" { //nolint:forbidigo // from ourselves
		return run(ctx, s)
	}
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", s.others}, os.Args...)...)
	cmd.Env = append(os.Environ(), isPinned+"=1") //nolint:forbidigo // as above
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil && (s.serve == "" || ctx.Err() == nil) { // Ctrl-C is how serving ends
		return errors.New("the benchmark has not passed")
	}
	return nil
}
