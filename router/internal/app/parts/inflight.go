//go:build !switchyard_nojobs

package parts

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"switchyard/router/internal/app"
	"switchyard/router/internal/durable/inflight"
)

// InFlight asks the app's jobs, which are configured and not open, whether they can carry
// on the runs of source. It says on progress how far it is. Code of the jobs logs to
// logger.
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
