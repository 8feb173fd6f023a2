package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"

	"switchyard/router/internal/function"
	"switchyard/router/internal/lambda/record"
	"switchyard/router/internal/serve/overrun"
)

// JobsConfig configures the host of jobs.
type JobsConfig struct {
	App *App // open
	// Origin is the URL at which Inngest reaches this process if the configuration does
	// not say.
	Origin string
	// Local is the URL of this process for callers on this machine; "" if it does not listen.
	Local string
	// Packaged says that no process stays: this program is a package, or registers packages.
	Packaged bool
	// Child says that a router beside this process calls it: see [App.RunChild].
	Child bool
	// Apart serves the calls of jobs that run in other processes of this machine, by name.
	Apart map[string]http.Handler
	// Overrun counts the calls that go past their time; nil on Lambda, which ends such calls
	// itself.
	Overrun *overrun.Set
	// Build names what the program was built from.
	Build string
	// Release is what the ledger calls this release; "" if the host is to find that out.
	Release string
	Logger  *slog.Logger
}

// Jobs is the host of jobs in a process, and how Inngest learns of it.
type Jobs struct {
	Handler  http.Handler                // nil: Inngest does not come to us
	Release  string                      // what the ledger calls this release; "" without a ledger
	Register func(ctx context.Context)   // until ctx ends, or there is no more to do
	Ready    func(context.Context) error // why this release is held back; nil if it never is
	// Linger waits until this release may stop, and returns how many runs still wait for it. The
	// field is nil if the release may stop at once.
	Linger     func(context.Context) (left int, err error)
	Registered <-chan struct{}             // closed when Inngest is known to know
	Once       func(context.Context) error // in place of Register, for a process that does not stay
	Clear      func(context.Context) error // has Inngest forget the functions, whoever registered them
	Publish    record.Publisher            // nil if there is nothing to publish with
	Counted    any                         // what may have metrics
	// Track is called before a call of a job. What it returns is called after it, and sends the
	// events that the call has published. The field is nil if there can be none.
	Track func() (flush func(ctx context.Context) error)
}

// loadJobs returns the host of the app's jobs, or nil if it has none. It fills in c.App.
func (a *App) loadJobs(ctx context.Context, c JobsConfig) (*Jobs, error) {
	if a.parts.Jobs == nil || len(function.Durable(a.Functions)) == 0 {
		return nil, nil
	}
	if at := a.Jobs.Value.At(); at.IsSet() {
		c.Origin = at.String()
	}
	c.App = a
	return a.parts.Jobs(ctx, c)
}

// local returns the URL of a listener for callers on this machine.
func local(listener net.Listener) string {
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	if ip, err := netip.ParseAddr(host); err != nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
