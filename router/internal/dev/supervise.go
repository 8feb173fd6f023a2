package dev

import (
	"context"
	"fmt"
	"time"

	"switchyard/internal/backoff"
	"switchyard/router/internal/dev/servers"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
)

// How an Inngest is supervised that runs but does not work.
const (
	lookEvery  = 2 * time.Second
	patience   = 10 * time.Second // from when it is known to be stuck, with an app that could see it work
	settling   = 45 * time.Second // until one that does not even end is replaced, and the next begins runs
	forgetting = time.Hour        // after which a replacement does not count any more
)

// rest has the pauses between two replacements: a minute at least.
//
//nolint:gochecknoglobals // a constant, were it no struct
var rest = backoff.Policy{First: 2 * time.Minute, Longest: 16 * time.Minute}

// supervisor decides when an Inngest is replaced that takes events and begins no runs.
type supervisor struct {
	since    time.Time // when it was first seen so; zero if it works
	replaced time.Time // the last time
	pause    time.Duration
	times    int  // how often it was, of late
	worked   bool // since then
	told     bool // that it is not replaced yet
}

// verdict is what to do about Inngest.
type verdict int

const (
	leave   verdict = iota
	replace         // it
	empty           // replace it by one that has nothing: the last one did not work either
	hold            // say that it is stuck, and not replaced before the pause is over
)

// judge returns what to do at a time when Inngest is stuck or not.
func (s *supervisor) judge(now time.Time, stuck bool) verdict {
	if !stuck {
		s.since, s.worked, s.told = time.Time{}, true, false
		return leave
	}
	if s.since.IsZero() {
		s.since = now
	}
	switch {
	case now.Sub(s.since) < patience:
		return leave
	case s.times > 0 && now.Sub(s.replaced) < s.pause:
		if s.told || now.Sub(s.replaced) < settling {
			return leave
		}
		s.told = true
		return hold
	}
	v := replace
	if s.times > 0 && !s.worked {
		v = empty
	}
	if now.Sub(s.replaced) > forgetting {
		s.times = 0
	}
	s.times++
	*s = supervisor{replaced: now, times: s.times, pause: rest.After(s.times)}
	return v
}

// supervise replaces Inngest when it does not work, until ctx ends. Whether it does, the
// app's relay finds out, by events and not by its health: so nothing is known without an app.
func (s *session) supervise(ctx context.Context) {
	var d *db.DB
	defer func() {
		if d != nil {
			d.Close()
		}
	}()
	var guard supervisor
	for backoff.Sleep(ctx, lookEvery) {
		at := s.servers.Addresses()
		if at.Inngest == "" || at.DatabaseURL == "" || !s.proxy.Serves() {
			guard.since = time.Time{}
			continue
		}
		if d == nil {
			var err error
			if d, err = db.Open(ctx, config.Database{URL: config.Secret(at.DatabaseURL), MaxConns: 1}); err != nil {
				s.terminal.Say("  ! Inngest is not supervised: %v", err)
				return
			}
		}
		s.look(ctx, d, &guard, at.Inngest)
	}
}

// look sees how Inngest works, and does what there is to do.
func (s *session) look(ctx context.Context, d *db.DB, guard *supervisor, url string) {
	asking, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	e, err := events.EngineOf(asking, d)
	if err != nil {
		return // PostgreSQL is being started again, or migrated for the first time
	}
	// One that is away may be on its way back.
	stuck := e.State == events.Stuck || (e.State == events.Away && get(asking, url+"/health") != nil)
	trouble := "took events and began no run for " + seconds(e.Since)
	if e.State == events.Away {
		trouble = "answered nothing for " + seconds(e.Since)
	}
	switch v := guard.judge(time.Now(), stuck); v {
	case replace, empty:
		s.servers.ReplaceInngest(ctx, servers.Replacement{Trouble: trouble, Reason: e.Reason, Empty: v == empty})
	case hold:
		s.terminal.Say("  ! Inngest is stuck again; if it stays so, another one takes its place at %s",
			guard.replaced.Add(guard.pause).Format(time.TimeOnly))
	case leave:
	}
}

func seconds(since time.Time) string { return fmt.Sprintf("%.0f s", time.Since(since).Seconds()) }
