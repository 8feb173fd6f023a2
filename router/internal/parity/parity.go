// Package parity replays requests through the long-running host and through the same
// program as a Lambda behind each front door of AWS, and tells every difference between
// the answers. Data flows one way:
//
//	requests   .http files                             request.go parse.go corpus/
//	program    built, once as host, once as Lambda     build.go target.go
//	answers    what comes back, byte for byte          replay.go
//	report     what differs, and what AWS forces       compare.go forced.go
package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"switchyard/router/internal/emulate"
)

// Options say what is replayed.
type Options struct {
	// Bootstrap is the program.
	Bootstrap string
	// Env returns the environment of the program as a host, which is "host", or
	// behind a front door, which is its name. Programs that change data need each
	// their own.
	Env func(ctx context.Context, side string) ([]string, error)
	// Kinds are the front doors.
	Kinds []emulate.Kind
	// Files are what is sent: the requests of a file in this order.
	Files []File
	// AtOnce is how many files are sent at once to a Lambda, which then is one process
	// that takes as many, as on Lambda Managed Instances. Defaults to 1.
	AtOnce int
	// Log gets what the programs print. Defaults to nowhere.
	Log io.Writer
}

// Report is what came of it.
type Report struct {
	Requests    int          // that were sent to the host
	Compared    int          // answers that were held against the host's
	Skipped     []Skip       // requests that a front door cannot carry
	Differences []Difference // that nothing excuses
}

// Skip is a request that was not sent to a front door, and why.
type Skip struct {
	Kind    emulate.Kind
	Request string
	Reason  string
}

// Difference is one between the host's answer and that of a Lambda.
type Difference struct {
	Kind    emulate.Kind
	Request string // as it was sent
	Where   string // "status", "header Etag", "body"
	Host    string
	Lambda  string
}

// String tells the difference on a few lines.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: %s\n    host   %s\n    lambda %s", d.Kind, d.Request, d.Where, d.Host, d.Lambda)
}

// Run replays. The error says what kept it from doing so.
func Run(ctx context.Context, o Options) (*Report, error) {
	report, err := run(ctx, o)
	if ctx.Err() != nil { // whatever else it caused
		return nil, ctx.Err()
	}
	return report, err
}

func run(ctx context.Context, o Options) (*Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Log == nil {
		o.Log = io.Discard
	}
	host, err := startHost(ctx, o)
	if err != nil {
		return nil, err
	}
	defer host.stop()
	report := &Report{}
	var want [][]Answer
	var errs []error
	for _, f := range o.Files {
		answers, err := replay(ctx, host, f)
		if err != nil {
			return nil, fmt.Errorf("the host: %w", err)
		}
		for n, r := range f.Requests {
			if a := answers[n]; r.Status != 0 && a.Status != r.Status {
				errs = append(errs, fmt.Errorf("%s: the host answers %d, not %d as the file says: %s", r.Name, a.Status, r.Status, shorten(a.Body)))
			}
		}
		want = append(want, answers)
		report.Requests += len(answers)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	parts := make([]Report, len(o.Kinds))
	errs = make([]error, len(o.Kinds))
	var running sync.WaitGroup
	for i, k := range o.Kinds {
		running.Go(func() { errs[i] = compareKind(ctx, o, k, want, &parts[i]) })
	}
	running.Wait()
	report.add(parts)
	return report, errors.Join(errs...)
}

// add adds what came of the front doors, or of the files.
func (r *Report) add(parts []Report) {
	for _, p := range parts {
		r.Compared += p.Compared
		r.Skipped = append(r.Skipped, p.Skipped...)
		r.Differences = append(r.Differences, p.Differences...)
	}
}

// compareKind replays the files through one front door, and notes what differs.
func compareKind(ctx context.Context, o Options, k emulate.Kind, want [][]Answer, report *Report) error {
	t, err := startLambda(ctx, o, k)
	if err != nil {
		return err
	}
	defer t.stop()
	parts := make([]Report, len(o.Files))
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(max(1, o.AtOnce))
	for i, f := range o.Files {
		sending.Go(func() error { return compareFile(ctx, t, k, f, want[i], &parts[i]) })
	}
	if err := sending.Wait(); err != nil {
		return fmt.Errorf("%s: %w", k, err)
	}
	report.add(parts)
	return nil
}

// compareFile replays one file.
func compareFile(ctx context.Context, t *target, k emulate.Kind, f File, want []Answer, report *Report) error {
	kept := File{Name: f.Name, Variables: f.Variables}
	var answers []Answer
	for n, r := range f.Requests {
		if reason := unfit(r, k); reason != "" {
			report.Skipped = append(report.Skipped, Skip{k, r.Name, reason})
			continue
		}
		kept.Requests = append(kept.Requests, r)
		answers = append(answers, want[n])
	}
	got, err := replay(ctx, t, kept)
	if err != nil {
		return err
	}
	for n := range got {
		report.Compared++
		report.Differences = append(report.Differences, compare(k, kept.Requests[n], answers[n], got[n])...)
	}
	return nil
}
