package betterauth

import (
	"context"
	"log/slog"
	"time"
)

// cleanEvery is how often tokens and sign-ins that nobody completed are removed.
const cleanEvery = 10 * time.Minute

// Run removes what has expired and nobody will ask for, until ctx ends. It returns
// nil. Any number of processes may run it.
func (s *Server) Run(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(cleanEvery)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "expired tokens cannot be removed; trying again later", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sweep does so once, for hosts on which nothing runs in the background.
func (s *Server) Sweep(ctx context.Context) error {
	return s.sessions.Store.DeleteExpired(ctx, time.Now())
}
