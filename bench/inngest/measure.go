package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/bench/inngest/load"
)

const (
	pollEvery = 100 * time.Millisecond // how often is asked whether all runs have ended
	patience  = 2 * time.Minute        // for one measurement
	few, many = 5, 5000                // events of a flood, at least and at most
)

// app is what publishes events and handles them.
type app interface {
	// series returns events of the case, of which there are none yet.
	series(c load.Case) (series, error)
	// cpu returns the processor time that the app has taken so far.
	cpu() (time.Duration, error)
	close() error
}

// series are events of one case.
type series interface {
	// publish publishes n events, a hundred at once.
	publish(ctx context.Context, n int) error
	// runs returns the runs that have ended.
	runs(ctx context.Context) ([]run, error)
}

// run is when an event was published, and when its run began and ended.
type run struct{ published, begun, ended time.Time }

// subject is what is measured: one case of one app at one server.
type subject struct {
	server *server
	name   string // of the app
	app    app
	c      load.Case

	n            int       // events in a flood
	rates        []float64 // events a second, in each flood
	begun, ended []time.Duration
	appCPU       []float64 // ms for each event of a flood
	serverCPU    []float64
}

// measure makes one round: a flood that takes about d, then events at half the rate at
// which the flood was worked off, for d.
func (s *subject) measure(ctx context.Context, d time.Duration) error {
	if s.n == 0 {
		if err := s.size(ctx, d); err != nil {
			return err
		}
	}
	rate, err := s.flood(ctx, s.n)
	if err != nil {
		return err
	}
	s.rates = append(s.rates, rate)
	return s.pace(ctx, time.Duration(float64(time.Second)/(rate/2)), d)
}

// size finds how many events are a flood that takes d.
func (s *subject) size(ctx context.Context, d time.Duration) error {
	for s.n = few; s.n < many; s.n *= 4 {
		rate, err := s.flood(ctx, s.n)
		if err != nil {
			return err
		}
		if float64(s.n)/rate >= d.Seconds() {
			break
		}
	}
	s.appCPU, s.serverCPU = nil, nil
	return nil
}

// flood publishes n events and returns how many a second were worked off.
func (s *subject) flood(ctx context.Context, n int) (rate float64, err error) {
	all, err := s.app.series(s.c)
	if err != nil {
		return 0, err
	}
	app, server, err := s.cpu()
	if err != nil {
		return 0, err
	}
	if err := all.publish(ctx, n); err != nil {
		return 0, err
	}
	runs, err := s.await(ctx, all, n)
	if err != nil {
		return 0, err
	}
	appAfter, serverAfter, err := s.cpu()
	each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n) }
	s.appCPU, s.serverCPU = append(s.appCPU, each(appAfter-app)), append(s.serverCPU, each(serverAfter-server))
	last := slices.MaxFunc(runs, func(a, b run) int { return a.ended.Compare(b.ended) })
	return float64(n) / last.ended.Sub(runs[0].published).Seconds(), err
}

// pace publishes an event every so often, for d.
func (s *subject) pace(ctx context.Context, every, d time.Duration) error {
	all, err := s.app.series(s.c)
	if err != nil {
		return err
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	n := max(3, int(d/every))
	for range n {
		<-tick.C
		if err := all.publish(ctx, 1); err != nil {
			return err
		}
	}
	runs, err := s.await(ctx, all, n)
	for _, r := range runs {
		s.begun = append(s.begun, max(0, r.begun.Sub(r.published)))
		s.ended = append(s.ended, max(0, r.ended.Sub(r.published)))
	}
	return err
}

// await returns the runs of n events when all have ended.
func (s *subject) await(ctx context.Context, all series, n int) ([]run, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		runs, err := all.runs(ctx)
		if err != nil || len(runs) >= n {
			return runs, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s, %s: %d of %d events are done: %w", s.server.name, s.name, len(runs), n, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// cpu returns the processor time of the app and of the server.
func (s *subject) cpu() (app, server time.Duration, err error) {
	app, err1 := s.app.cpu()
	server, err2 := s.server.cpu()
	return app, server, errors.Join(err1, err2)
}
