package app

import (
	"context"
	"log/slog"
	"time"

	"switchyard/router/internal/service"
	"switchyard/shared/fault"
)

// startCheck bounds what the start waits for a database that does not answer.
const startCheck = 5 * time.Second

// directs are services that must be reached without a pooler in between.
func (a *App) directs() []interface {
	CheckDirect(ctx context.Context) error
} {
	return service.All[interface {
		CheckDirect(ctx context.Context) error
	}](a.Needs)
}

// checkDirect returns an error if a database that should be reached without a pooler is
// not. One that does not answer yet is asked again by readiness: see [App.reached]. Once ctx
// has ended it does not matter any more.
func (a *App) checkDirect(ctx context.Context, logger *slog.Logger) error {
	bounded, cancel := context.WithTimeout(ctx, startCheck)
	defer cancel()
	err := a.reached(bounded)
	if fault.Is(err, fault.Unavailable) {
		logger.WarnContext(ctx, "the database does not answer yet; starting without it", slog.Any("error", err))
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// reached is the same as a check of readiness.
func (a *App) reached(ctx context.Context) error {
	for _, d := range a.directs() {
		if err := d.CheckDirect(ctx); err != nil {
			return err
		}
	}
	return nil
}
