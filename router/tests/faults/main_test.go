package faults_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"switchyard/internal/stack"
	"switchyard/shared/bucket/buckettest"
)

// scale is how much the tests do.
type scale struct {
	transactions int           // that the killed router handles
	outage       time.Duration // how long a server is away
	frozen       time.Duration
	load         time.Duration // before and after a fault
	pace         time.Duration // between two requests: what Inngest keeps up with here, with some to spare
	rounds       int           // of a comparison of throughput; see compares
	relayed      int           // events in it
	uploads      time.Duration // how long files are uploaded in a flood
	measured     int           // files by which the speed of Inngest is measured
	waiting      int           // events of a backlog
	held         int           // events that are held back
	away         time.Duration // how long a stuck engine is away
	retry        time.Duration // between two tries of a step; 0: the server's own backoff
	patience     time.Duration // without any progress: longer than the jobs' Timeout and the host's grace, after which a run counts as lost
	rows         int           // of a table whose schema changes
	open         time.Duration // for how long a transaction is in the way of such a change
	restarts     int           // of replicas, one after another
	look         time.Duration // how often the front looks which replicas are ready
}

// size is the scale of this run.
var size = small() //nolint:gochecknoglobals // a flag decides it, before any test

// small is the scale of CI.
func small() scale {
	return scale{
		transactions: 500, outage: 10 * time.Second, frozen: 5 * time.Second, load: 2 * time.Second,
		pace: 60 * time.Millisecond, rounds: 1, relayed: 3_000, retry: time.Second, patience: 4 * time.Minute,
		uploads: 10 * time.Second, measured: 100, waiting: 200_000, held: 1_000, away: 45 * time.Second,
		rows: 200_000, open: 5 * time.Second, restarts: 4, look: 100 * time.Millisecond,
	}
}

// large is the scale of make faults.
func large() scale {
	return scale{
		transactions: 10_000, outage: time.Minute, frozen: 30 * time.Second, load: 10 * time.Second,
		pace: 40 * time.Millisecond, rounds: 2, relayed: 50_000, retry: 0, patience: 5 * time.Minute,
		uploads: time.Minute, measured: 500, waiting: 1_000_000, held: 10_000, away: 10 * time.Minute,
		rows: 2_000_000, open: 20 * time.Second, restarts: 20, look: 5 * time.Second,
	}
}

// compares has a test that compares speeds run beside the others if there is one round only:
// then nobody reads how fast it was.
func compares(t *testing.T) {
	t.Helper()
	if size.rounds == 1 {
		t.Parallel()
	}
}

// router is the programs under test.
var router struct { //nolint:gochecknoglobals // built once for all tests
	base string                 // of testdata/base
	next string                 // the same with testdata/next: one job more, one less
	desk func() (string, error) // the file desk, built when it is first asked for
}

func TestMain(m *testing.M) {
	useLarge := flag.Bool("large", false, "large numbers")
	flag.Parse()
	if *useLarge {
		size = large()
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, remove, err := stack.TempDir()
	if err == nil {
		defer func() { _ = remove() }()
		err = buildRouters(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		return 1
	}
	router.desk = sync.OnceValues(func() (string, error) {
		program := filepath.Join(dir, "desk")
		return program, runGo("../../..", "build", "-buildvcs=false", "-o", program, "./router")
	})
	return buckettest.Run(m.Run)
}
