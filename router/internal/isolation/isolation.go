// Package isolation shows what a bad function does to its neighbours. It runs a router that
// has both: one's own functions, and some that do harm, which package neighbours adds to a
// program that is built with [Tag]. For each of these it starts the router anew, asks the
// others for a while, calls the bad one meanwhile, and tells how the others fared, whether
// the process lived, and whether log and metrics name who did it.
//
//	isolation  the order of a run          isolation.go run.go
//	neighbour  who does harm, and how      neighbour.go call.go
//	others     the load of the others      load.go
//	evidence   what log and metrics name   log.go metrics.go
//	table      the outcome                 result.go table.go
package isolation

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Tag is the build tag of a program with neighbours.
const Tag = "switchyard_isolation"

// Mode is where the bad function runs.
type Mode string

// The modes.
const (
	InProcess Mode = "in-process" // with the others
	Apart     Mode = "apart"      // in a process of its own, by SWITCHYARD_APART
)

// Modes returns all modes.
func Modes() []Mode { return []Mode{InProcess, Apart} }

// Options say what to run.
type Options struct {
	Program string   // a router with neighbours
	Env     []string // of it: everything but where it listens, and what runs apart
	// Paths are those of the project that are asked, beside the good neighbours'. One that
	// does not answer well before there is any trouble is left out.
	Paths      []string
	Neighbours []Neighbour
	Modes      []Mode
	// The router is asked Rate times a second for Quiet, then for Bad with the neighbour,
	// and for After without it.
	Quiet, Bad, After time.Duration
	Rate              int
	Progress          io.Writer // gets a line for each run
	Log               io.Writer // gets what the routers print. Defaults to nowhere.
}

// overhead is about how long it takes to start a router and to stop it.
const overhead = 3 * time.Second

// Estimate returns about how long it takes.
func (o Options) Estimate() time.Duration {
	runs := len(o.Neighbours) * len(o.Modes)
	return time.Duration(runs) * (o.Quiet + o.Bad + o.After + overhead)
}

// Run runs every neighbour in every mode, one after the other. The results are in the order
// of Neighbours, and for each in that of Modes.
func Run(ctx context.Context, o Options) ([]Result, error) {
	var all []Result
	total := len(o.Neighbours) * len(o.Modes)
	for _, n := range o.Neighbours {
		for _, mode := range o.Modes {
			fmt.Fprintf(o.Progress, "%s, %s (%d of %d)\n", n.Name, mode, len(all)+1, total)
			r, err := o.one(ctx, n, mode)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", n.Name, mode, err)
			}
			all = append(all, r)
			fmt.Fprintf(o.Progress, "  %s\n", r)
		}
	}
	return all, nil
}
