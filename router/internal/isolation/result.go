package isolation

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Result is how the others fared beside a neighbour in one mode.
type Result struct {
	Neighbour string `json:"neighbour"`
	Does      string `json:"does"`
	Function  string `json:"function,omitempty"`
	Mode      Mode   `json:"mode"`
	// MayHurt says that nothing could keep the others from harm.
	MayHurt bool `json:"mayHurt"`

	Requests int    `json:"requests"` // of the others, from the first call of the neighbour on
	Errors   int    `json:"errors"`   // of these
	Error    string `json:"error,omitempty"`

	Quiet Latency `json:"quiet"` // of the others
	With  Latency `json:"with"`
	After Latency `json:"after"`

	Alive  bool    `json:"alive"`  // the process, until it was told to stop
	Ended  string  `json:"ended"`  // how
	Drain  float64 `json:"drain"`  // seconds from then to its end
	Killed bool    `json:"killed"` // because it did not end

	// Log says how the log names the neighbour: "trace" (as Go ends a process), "warning" (a line of
	// level WARN or ERROR), "requests" (lines that each call has), or "".
	Log      string   `json:"log"`
	Evidence string   `json:"evidence,omitempty"` // a line that does
	Metrics  []string `json:"metrics"`            // that have its name and have changed
}

// Latency is how long answers took, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

func newResult(quiet, bad, after *phase) Result {
	return Result{
		Requests: bad.requests + after.requests,
		Errors:   bad.errors + after.errors,
		Error:    cmp.Or(bad.first, after.first),
		Quiet:    quiet.latency(), With: bad.latency(), After: after.latency(),
	}
}

func (p *phase) latency() Latency { return Latency{P50: p.percentile(50), P99: p.percentile(99)} }

// stopped stops the router, and keeps how that went.
func (r *Result) stopped(at *router) {
	select {
	case <-at.Done():
		r.Ended = endOf(at.Err())
		return
	default:
	}
	r.Alive = true
	begun := time.Now()
	r.Killed = at.Stop() != nil
	r.Drain, r.Ended = time.Since(begun).Seconds(), endOf(at.Err())
}

func endOf(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// Hurt reports whether the others had errors that they must not have.
func (r Result) Hurt() bool { return r.Errors > 0 && !r.MayHurt }

// Ratio returns how many times as long the slowest of the others took as before; 0 if they
// were not answered.
func (r Result) Ratio() float64 {
	if r.Quiet.P99 == 0 {
		return 0
	}
	return r.With.P99 / r.Quiet.P99
}

// Named says what names the neighbour: "warning, metrics"; "-" for nothing.
func (r Result) Named() string {
	var by []string
	if r.Log != unnamed {
		by = append(by, r.Log)
	}
	if len(r.Metrics) > 0 {
		by = append(by, "metrics")
	}
	return cmp.Or(strings.Join(by, ", "), "-")
}

// String returns the result in one line.
func (r Result) String() string {
	return fmt.Sprintf("errors: %s; p99: %s ms; alive: %s; named: %s", r.errors(), r.p99(), r.alive(), r.Named())
}

func (r Result) errors() string {
	if r.Errors == 0 || r.Requests == 0 {
		return fmt.Sprintf("0 of %d", r.Requests)
	}
	return fmt.Sprintf("%d of %d (%d %%)", r.Errors, r.Requests, 100*r.Errors/r.Requests)
}

func (r Result) p99() string {
	if r.With.P99 == 0 {
		return fmt.Sprintf("%.1f → -", r.Quiet.P99)
	}
	return fmt.Sprintf("%.1f → %.1f (%.1f×)", r.Quiet.P99, r.With.P99, r.Ratio())
}

func (r Result) alive() string {
	switch {
	case !r.Alive:
		return "no, " + r.Ended
	case r.Killed:
		return "yes, but did not stop"
	}
	return "yes"
}
