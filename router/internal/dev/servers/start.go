package servers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/internal/stack"
)

// starters returns how each server is started.
func (s *Stack) starters() map[string]starter {
	return map[string]starter{Postgres: s.startPostgres, S3: s.startS3, Inngest: s.startInngest}
}

func (s *Stack) startPostgres(ctx context.Context, o stack.Options) (running, string, error) {
	server, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: o, Durable: true})
	if err != nil {
		return nil, "", err
	}
	url, err := server.CreateDatabase(ctx, s.name)
	if err != nil {
		return nil, "", errors.Join(err, server.Stop())
	}
	s.once.Do(func() { s.databaseURL = url }) // the same each time
	return server, fmt.Sprintf("port %d", o.Port), nil
}

func (s *Stack) startS3(ctx context.Context, o stack.Options) (running, string, error) {
	err := s.build(ctx, o, func() error {
		_, err := stack.BuildS3(ctx, o.Progress)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	server, err := stack.StartS3(ctx, o)
	if err != nil {
		return nil, "", err
	}
	if err := server.CreateBucket(ctx, s.name); err != nil {
		return nil, "", errors.Join(err, server.Stop())
	}
	return server, fmt.Sprintf("port %d", o.Port), nil
}

// startInngest starts Inngest. It is not told to ask the app for its jobs every
// few seconds: the app registers when it starts, and here when Inngest was started
// again, because it may have forgotten them.
func (s *Stack) startInngest(ctx context.Context, o stack.Options) (server running, detail string, err error) {
	var inngest *stack.Inngest
	err = s.build(ctx, o, func() (err error) {
		inngest, err = stack.StartDurableInngest(ctx, o)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if s.knewJobs {
		o.Progress("registering jobs")
		ctx, cancel := context.WithTimeout(ctx, registerTimeout)
		defer cancel()
		if _, err := UntilRegistered(ctx, s.app, inngest.URL); err != nil {
			return inngest, inngest.URL + ", but the app has not registered its jobs", nil
		}
	}
	s.knewJobs = true
	return inngest, inngest.URL, nil
}

// registerTimeout bounds the time in which the app registers its jobs again.
const registerTimeout = 15 * time.Second

// build calls f while no other server is being built.
func (s *Stack) build(ctx context.Context, o stack.Options, f func() error) error {
	o.Progress("waiting until another server is built")
	select {
	case s.building <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.building }()
	o.Progress("")
	return f()
}
