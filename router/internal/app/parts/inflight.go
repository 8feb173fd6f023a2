//go:build !switchyard_nojobs

package parts

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"switchyard/internal/backoff"
	"switchyard/router/internal/app"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/durable/release"
	"switchyard/shared/config"
	"switchyard/shared/db"
)

// InFlight tests whether the app's jobs can carry on the runs of source. The app is configured and
// not open. It writes to progress how far it is. Code of the jobs logs to logger.
func InFlight(ctx context.Context, a *app.App, source inflight.Source, progress io.Writer, logger *slog.Logger) (inflight.Report, error) {
	if err := a.Needs.Open(ctx); err != nil {
		return inflight.Report{}, err
	}
	// Nobody calls this host, so its URL is no matter.
	host, err := newHost(app.JobsConfig{App: a, Origin: "https://router.invalid", Packaged: true, Logger: logger}, nil)
	var report inflight.Report
	if err == nil {
		report, err = inflight.Check(ctx, host, source, progress)
	}
	return report, errors.Join(err, a.Needs.Close())
}

// mindRuns has jobs mind the runs that other releases have begun.
func mindRuns(c app.JobsConfig, jobs *app.Jobs, host *durable.Host, registrar *release.Registrar, database *db.DB) {
	settings := c.App.InFlight.Value
	minded := inflight.Config{Host: host, DB: database, Release: registrar.Release(), Policy: settings.Policy, Logger: c.Logger}
	gate := inflight.NewGate(minded)
	takeOver := func(context.Context) error { return nil }
	if settings.Policy == config.InFlightKeep && !host.Dev() {
		keeper := inflight.NewKeeper(minded)
		host.Handover(keeper.Other)
		jobs.Linger = func(ctx context.Context) (int, error) { return keeper.Linger(ctx, settings.KeepFor) }
		takeOver = func(ctx context.Context) error {
			removed, err := keeper.TakeOver(ctx, gate.Report())
			registrar.Keep(removed)
			return err
		}
	}
	jobs.Ready = gate.Ready
	jobs.Register = func(ctx context.Context) {
		if !gate.Run(ctx) {
			return
		}
		for takeOver(ctx) != nil { // the database is away
			if !backoff.Sleep(ctx, time.Second) {
				return
			}
		}
		registrar.Run(ctx)
	}
}

// address returns the URL at which other replicas reach this one: JOBS_ADDRESS, else that
// of the interface that it listens on, or of a private one. It is "" if there is none.
func address(c app.JobsConfig) string {
	if at := c.App.InFlight.Value.Address; at.IsSet() {
		return at.String()
	}
	local, err := url.Parse(c.Local)
	if err != nil || local.Host == "" {
		return ""
	}
	host := c.App.Server.Value.Host
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		if host = privateIP(); host == "" {
			return ""
		}
	}
	return "http://" + net.JoinHostPort(host, local.Port())
}

// privateIP returns an address of this machine in a private network; "" if it has none.
func privateIP() string {
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().IsPrivate() {
			return p.Addr().String()
		}
	}
	return ""
}
