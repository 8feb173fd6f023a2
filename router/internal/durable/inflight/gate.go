package inflight

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"switchyard/internal/backoff"
	"switchyard/router/internal/durable"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

const (
	lookAgain = 5 * time.Second        // until a release that is refused is checked again: runs end
	tryAgain  = 500 * time.Millisecond // until a check that failed is
	waitFor   = time.Second            // the most that a question waits for the first check
)

// Config describes a [Gate] and a [Keeper].
type Config struct {
	Host    *durable.Host
	DB      *db.DB
	Release string // the name of this release, as in table job_release
	Policy  string // one of config's InFlight values
	Logger  *slog.Logger
}

// Gate holds this release back as long as it is to be refused: it cannot carry on runs
// in flight, JOBS_IN_FLIGHT is refuse, and a release lives that can. Once that release is gone
// the gate opens, since it helps nobody to wait. It then stays open.
type Gate struct {
	c      Config
	reason atomic.Pointer[fault.Error] // nil: it is open
	first  chan struct{}               // closed after the first check
	report atomic.Pointer[Report]      // of the last check
}

var errUnchecked = fault.New(fault.Unavailable, "The runs in flight are being checked.")

// NewGate returns a gate that is shut until its Run has checked the runs in flight.
func NewGate(c Config) *Gate {
	if c.Host.Dev() {
		c.Policy = config.InFlightContinue
	}
	g := &Gate{c: c, first: make(chan struct{})}
	g.reason.Store(errUnchecked)
	return g
}

// Ready returns nil if the gate is open, and else a fault.Unavailable that says why not.
func (g *Gate) Ready(ctx context.Context) error {
	select {
	case <-g.first:
	case <-ctx.Done():
	case <-time.After(waitFor):
	}
	if reason := g.reason.Load(); reason != nil {
		return reason
	}
	return nil
}

// Report returns what the last check has found. Once the gate is open there is no other.
func (g *Gate) Report() Report {
	if r := g.report.Load(); r != nil {
		return *r
	}
	return Report{}
}

// Run returns true once the gate is open, or false if ctx ends before. Until then it says
// in the log what it waits for. It is called once.
func (g *Gate) Run(ctx context.Context) bool {
	for said, checked := false, false; ; {
		open, err := g.check(ctx, !said)
		if ctx.Err() != nil {
			return false
		}
		wait := lookAgain
		switch {
		case err != nil: // the database is away, or not migrated yet
			wait = tryAgain
			g.reason.Store(errUnchecked.Because(err))
		case open:
			g.reason.Store(nil)
		default:
			said = true
		}
		if err == nil && !checked {
			checked = true
			close(g.first)
		}
		if open {
			return true
		}
		backoff.Sleep(ctx, wait)
	}
}

// check reports whether the gate may open.
func (g *Gate) check(ctx context.Context, news bool) (open bool, err error) {
	source := Database{DB: g.c.DB, Except: g.c.Release}
	if source.Of, err = g.concerned(ctx); err != nil {
		return false, err
	}
	report, err := Check(ctx, g.c.Host, source, io.Discard)
	if err != nil {
		return false, err
	}
	g.report.Store(&report)
	n := report.Stranded()
	if n == 0 {
		return true, nil
	}
	alive := false
	if g.c.Policy == config.InFlightRefuse {
		if alive, err = g.predecessor(ctx); err != nil {
			return false, err
		}
	}
	if alive {
		g.reason.Store(fault.New(fault.Unavailable, "This release cannot carry on %s in flight. "+
			"The log says why; JOBS_IN_FLIGHT says what happens then: see docs/releases.md.", count(n)))
	}
	if news || !alive {
		g.warn(ctx, alive)
	}
	return !alive, nil
}

func (g *Gate) warn(ctx context.Context, refused bool) {
	for _, f := range g.Report().Findings {
		g.c.Logger.WarnContext(ctx, "runs in flight cannot be carried on", slog.String("function", f.Function),
			slog.Int("runs", f.Runs), slog.String("reason", f.Text()), slog.String("run", f.Example),
			slog.Bool("refused", refused), slog.String("JOBS_IN_FLIGHT", g.c.Policy))
	}
}

// predecessor reports whether another release of this service lives.
func (g *Gate) predecessor(ctx context.Context) (alive bool, err error) {
	err = g.c.DB.QueryRow(ctx, `SELECT EXISTS (SELECT FROM job_release
		WHERE origin = $1 AND release <> $2 AND seen_at > now() - interval '1 minute')`,
		g.c.Host.Self().URL(), g.c.Release).Scan(&alive)
	if err != nil {
		return false, fmt.Errorf("look for other releases: %w", err)
	}
	return alive, nil
}

// concerned returns the functions whose runs are this service's to carry on: its own, and
// those that another release of it has and no other service.
func (g *Gate) concerned(ctx context.Context) ([]string, error) {
	var former []string
	err := g.c.DB.QueryRow(ctx, `SELECT array(
		SELECT f ->> 'id' FROM job_release, jsonb_array_elements(functions) AS f WHERE origin = $1 AND f ->> 'id' NOT LIKE $2 || '%'
		EXCEPT SELECT f ->> 'id' FROM job_release, jsonb_array_elements(functions) AS f
			WHERE origin <> $1 AND seen_at > now() - interval '1 minute')`,
		g.c.Host.Self().URL(), g.c.Host.App()+"-"+durable.WatchID).Scan(&former)
	if err != nil {
		return nil, fmt.Errorf("look for the functions of other releases: %w", err)
	}
	return append(former, g.c.Host.Functions()...), nil
}
