package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/options"
	"switchyard/router/internal/job"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// WatchID is how the ids of the host's own functions begin; that of packages ends with
// packages.
const (
	WatchID  = "watch-"
	packages = "packages"
)

// addWatch makes a function of the host's own, if there is a ledger and a job. It
// listens to
//
//   - events for which Inngest may begin no run of any other function, though they may
//     begin one or stop one: that it was called for one proves that Inngest has the event;
//   - canaries, by which relays find out whether Inngest begins runs at all;
//   - the ends of runs that nobody else sees: Inngest has cancelled them, or given
//     up calling a function that was gone or never answered.
//
// Inngest tells of an end once, and perhaps because nobody answered. So it is called for as long
// as an event waits for its runs.
//
// Services that share a ledger have one each, and all packages together have one: any of
// them can be called for it.
func (h *Host) addWatch() error {
	if h.tracker.ledger == nil || !slices.ContainsFunc(slices.Collect(maps.Values(h.targets)), func(t *target) bool {
		return len(t.events) > 0
	}) {
		return nil
	}
	id := WatchID + packages
	if !h.packaged {
		sum := sha256.Sum256([]byte(h.self.URL()))
		id = WatchID + hex.EncodeToString(sum[:4])
	}
	t := &target{timeout: fn.DefaultTimeout, events: append(h.uncertain(), failedEvent, cancelledEvent, events.Canary), watches: true}
	t.certain = t.events
	var triggers inngestgo.MultipleTriggers
	for _, event := range t.events {
		triggers = append(triggers, inngestgo.EventTrigger(event, options.Own(h.app, "event", event, "")))
	}
	opts := inngestgo.FunctionOpts{ID: id, Name: "watch", Retries: new(options.MaxRetries)}
	return h.create(opts, triggers, t, h.watch)
}

// uncertain returns the events that matter to jobs, of which none certainly begins a
// run for them.
func (h *Host) uncertain() []string {
	certain := map[string]bool{}
	for _, t := range h.targets {
		for _, event := range t.events {
			certain[event] = certain[event] || slices.Contains(t.certain, event)
		}
		for _, event := range t.cancels {
			if !certain[event] {
				certain[event] = false // known, at least
			}
		}
	}
	maps.DeleteFunc(certain, func(event string, yes bool) bool { return yes || strings.HasPrefix(event, "inngest/") })
	return slices.Sorted(maps.Keys(certain))
}

// Listeners returns, for each event of ours, the functions that certainly begin a
// run for it once Inngest has it. Each event that a job listens to has one at least.
// It is never nil.
func (h *Host) Listeners() []ledger.Listener {
	all := []ledger.Listener{}
	for slug, t := range h.targets {
		for _, event := range t.events {
			if slices.Contains(t.certain, event) && !strings.HasPrefix(event, "inngest/") {
				all = append(all, ledger.Listener{Event: event, Function: slug})
			}
		}
	}
	slices.SortFunc(all, func(a, b ledger.Listener) int {
		return strings.Compare(a.Event+" "+a.Function, b.Event+" "+b.Function)
	})
	return all
}

// foreign reports whether the event is that of another application.
func (h *Host) foreign(e event) bool { return e.User.App != "" && e.User.App != h.app }

// watch writes the end of a run into the ledger. That it was called for any other
// event is written down as for every function.
func (h *Host) watch(ctx context.Context, data json.RawMessage) (any, error) {
	c := callOf(ctx)
	how, known := map[string]ledger.Outcome{failedEvent: ledger.Failed, cancelledEvent: ledger.Cancelled}[c.events[0].Name]
	if !known {
		return nil, nil
	}
	f, err := job.Decode[failure](data)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(f.Function, h.slug("")) || slices.ContainsFunc(f.events(), h.foreign) {
		return nil, nil // of another application, whose id may begin like ours
	}
	log := h.log.With(slog.String("function", f.Function), slog.String("run", f.Run))
	if how == ledger.Cancelled {
		log.InfoContext(ctx, "a run was cancelled")
	} else {
		log.ErrorContext(ctx, "a run has given up", slog.String("error", f.Error.Message))
	}
	ended := &call{target: &target{slug: f.Function}, run: f.Run, events: f.events()}
	run := ended.tracked()
	if err := h.countEnd(ctx, run, how); err != nil {
		return nil, err
	}
	run.Error = f.Error.Message
	// It may be that it never began here. If its events are another run's by now,
	// they stay that.
	if _, err := h.tracker.ledger.Begin(ctx, run, ledger.Claim{Within: time.Minute, Events: ended.told()}); err != nil {
		return nil, err
	}
	return nil, h.tracker.ledger.End(ctx, run, how)
}

// countEnd counts the end of a run, unless its last call has done so.
func (h *Host) countEnd(ctx context.Context, run ledger.Run, how ledger.Outcome) error {
	if how == ledger.Failed {
		if ended, err := h.tracker.ledger.Ended(ctx, run); ended || err != nil {
			return err
		}
	}
	h.metrics.runs.ends(h.nameOf(run.Function), string(how))
	return nil
}
