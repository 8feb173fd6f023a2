// Command functions measures what it costs to have many functions: it writes projects of so
// many typed endpoints (80 %) and pages (20 %), each with a database, generates, builds and
// starts them, and calls one that does nothing.
//
//	go run ./functions -n 10,1000
//
// A first build of thousands of packages takes minutes; -build=false generates alone.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// sizes are the settings of a run, from its flags.
type sizes struct {
	starts, rounds, calls int
	build                 bool
	dir                   string // where projects are kept; "" for a temporary folder
}

// figures are the measurements of one project, as -json prints them. Each name ends in its unit.
type figures struct {
	Functions   int     `json:"functions"`
	Cold        float64 `json:"generate_cold_ms"`
	Unchanged   float64 `json:"generate_unchanged_ms"`
	Changed     float64 `json:"generate_changed_ms"`
	First       float64 `json:"build_first_ms"`
	Incremental float64 `json:"build_changed_ms"`
	Link        float64 `json:"link_ms"` // of which so much is linking
	Binary      float64 `json:"binary_mb"`
	Ready       float64 `json:"ready_ms"`     // from the start of the process until it is ready
	StartCPU    float64 `json:"start_cpu_ms"` // processor time until then
	Idle        float64 `json:"idle_mib"`     // resident
	Ping        float64 `json:"ping_us"`      // processor time of the server, a request
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	defer stop()
	var s sizes
	counts := flag.String("n", "10,1000", "how many functions, with commas between them")
	asJSON := flag.Bool("json", false, "print JSON, for programs")
	flag.IntVar(&s.starts, "starts", 5, "how often each is started")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of calls")
	flag.IntVar(&s.calls, "calls", 5000, "calls in a round")
	flag.BoolVar(&s.build, "build", true, "build and start them, too")
	flag.StringVar(&s.dir, "dir", "", "keep the projects here, for another run")
	flag.Parse()
	if err := run(ctx, os.Stdout, *counts, *asJSON, s); err != nil {
		fmt.Fprintln(os.Stderr, "functions:", err)
		os.Exit(1)
	}
}

// run measures and prints everything.
func run(ctx context.Context, w io.Writer, counts string, asJSON bool, s sizes) (err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "bench-functions-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "switchyard").Output()
	if err != nil {
		return fmt.Errorf("find the framework: %w", err)
	}
	var all []figures
	for text := range strings.SplitSeq(counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		f, err := measure(ctx, strings.TrimSpace(string(out)), n, s)
		if err != nil {
			return fmt.Errorf("%d functions: %w", n, err)
		}
		all = append(all, f)
	}
	if asJSON {
		return json.NewEncoder(w).Encode(all)
	}
	table(w, all)
	return nil
}

// table prints figures, a project a line.
func table(w io.Writer, all []figures) {
	fmt.Fprintf(w, "%9s %28s %32s %9s %18s %9s %16s\n", "", "generate, ms", "build, ms", "", "start, ms", "", "ping")
	fmt.Fprintf(w, "%9s %9s %9s %8s %10s %10s %10s %9s %9s %8s %9s %9s %6s\n", "functions", "cold", "unchanged", "changed",
		"first", "changed", "of it link", "binary MB", "to ready", "CPU", "idle MiB", "CPU µs", "ratio")
	for _, f := range all {
		fmt.Fprintf(w, "%9d %9.0f %9.0f %8.0f %10.0f %10.0f %10.0f %9.1f %9.0f %8.0f %9.1f %9.1f %6.2f\n", f.Functions, f.Cold, f.Unchanged,
			f.Changed, f.First, f.Incremental, f.Link, f.Binary, f.Ready, f.StartCPU, f.Idle, f.Ping, f.Ping/all[0].Ping)
	}
}

// took returns how long do takes, in milliseconds.
func took(do func() error) (float64, error) {
	start := time.Now()
	err := do()
	return float64(time.Since(start).Microseconds()) / 1000, err //nolint:mnd // microseconds
}
