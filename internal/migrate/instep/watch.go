package instep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"switchyard/internal/migrate/snapshot"
	"switchyard/shared/fault"
)

// The watch's measures: how often it looks, for how long what it saw is fresh, and
// how much of that is shown.
const (
	lookEvery  = time.Minute
	lookWithin = 30 * time.Second
	freshFor   = 15 * time.Second
	mostShown  = 20
)

// Look compares a database with what a program expects: see [Program.Look].
type Look func(context.Context) (snapshot.Difference, error)

// Watch looks at a database again and again. Make one with [NewWatch].
type Watch struct {
	look Look
	log  *slog.Logger

	turn   chan struct{} // has room for the one that looks
	seen   atomic.Pointer[sight]
	failed bool // the last look; for the one that has the turn
}

// sight is what was seen last.
type sight struct {
	at time.Time
	snapshot.Difference
	behind bool
}

// NewWatch returns the watch of a database that look looks at.
func NewWatch(look Look, log *slog.Logger) *Watch {
	return &Watch{look: look, log: log, turn: make(chan struct{}, 1)}
}

// Run looks at the database every minute, until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		w.once(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *Watch) once(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if w.enter(ctx) {
		defer w.leave()
		_ = w.again(ctx) // the log has it
	}
}

// enter waits until nobody else looks. It is false if ctx ends before.
func (w *Watch) enter(ctx context.Context) bool {
	select {
	case w.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (w *Watch) leave() { <-w.turn }

// Ready returns nil if the database has what the program expects. It looks at the database
// unless somebody did in the last 15 seconds; while the schema was not applied yet, it always
// looks, since that is fast. Its error is fault.Unavailable: the message names nothing, and
// the cause says what is missing.
//
// While the database cannot be looked at, because it does not answer or a migration goes on,
// the last result counts.
func (w *Watch) Ready(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
	default: // somebody looks
		if s := w.seen.Load(); s != nil {
			return s.err()
		}
		if !w.enter(ctx) {
			return away(ctx.Err())
		}
	}
	defer w.leave()
	if s := w.seen.Load(); s != nil && !s.behind && time.Since(s.at) < freshFor {
		return s.err()
	}
	return w.again(ctx)
}

// Missing returns how many things the program expects and the database does not have.
func (w *Watch) Missing() int { return len(w.difference().Missing) }

// More returns how many things the database has that no schema asked for.
func (w *Watch) More() int { return len(w.difference().More) }

func (w *Watch) difference() snapshot.Difference {
	if s := w.seen.Load(); s != nil {
		return s.Difference
	}
	return snapshot.Difference{}
}

// again looks.
func (w *Watch) again(ctx context.Context) error {
	d, err := w.look(ctx)
	last := w.seen.Load()
	if err != nil && !errors.Is(err, ErrBehind) {
		return w.blind(ctx, last, err)
	}
	w.failed = false
	s := &sight{at: time.Now(), Difference: d, behind: err != nil}
	w.seen.Store(s)
	w.tell(ctx, last, s)
	return s.err()
}

// blind returns what counts if the database could not be looked at.
func (w *Watch) blind(ctx context.Context, last *sight, err error) error {
	migrating := errors.Is(err, ErrMigrating)
	if !migrating && !w.failed && ctx.Err() == nil {
		w.log.WarnContext(ctx, "the tables cannot be compared with the schema", slog.Any("error", err))
	}
	w.failed = !migrating
	switch {
	case last != nil && !last.behind:
		return last.err()
	case migrating: // the schema has been applied once
		return nil
	}
	return away(err)
}

func away(err error) error {
	return fault.New(fault.Unavailable, "The database does not answer.").Because(err)
}

// tell logs what is new.
func (w *Watch) tell(ctx context.Context, last, s *sight) {
	if last == nil {
		last = &sight{}
	}
	if len(s.Missing) > 0 && !slices.Equal(s.Missing, last.Missing) {
		w.log.ErrorContext(ctx, "the database lacks what the schema has", slog.Any("missing", few(s.Missing)))
	}
	if len(s.More) > 0 && !slices.Equal(s.More, last.More) {
		w.log.WarnContext(ctx, "the database has more than the schema says", slog.Any("more", few(s.More)))
	}
	if len(s.Missing) == 0 && len(last.Missing) > 0 {
		w.log.InfoContext(ctx, "the database has all that the schema has again")
	}
}

// few returns sentences, no more than are shown.
func few(all []snapshot.Finding) (texts []string) {
	for _, f := range all[:min(len(all), mostShown)] {
		texts = append(texts, f.Text)
	}
	if left := len(all) - mostShown; left > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", left))
	}
	return texts
}

func (s *sight) err() error {
	switch {
	case s.behind:
		return fault.New(fault.Unavailable, "The database has not been migrated: run `router migrate`.").Because(ErrBehind)
	case len(s.Missing) > 0:
		return fault.New(fault.Unavailable, "The database lacks what this release's schema has: run `router migrate --verify`, which says what.").
			Because(errors.New(strings.Join(few(s.Missing), "; ")))
	}
	return nil
}
