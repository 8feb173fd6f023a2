package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

type eventsCmd struct {
	Ls    eventsLsCmd    `cmd:"" help:"List events: dead, waiting, sent."`
	Show  eventsShowCmd  `cmd:"" help:"Show one event, with its data and its runs."`
	Retry eventsRetryCmd `cmd:"" help:"Send events again, dead ones above all."`
	Drop  eventsDropCmd  `cmd:"" help:"Delete events."`
}

// Help implements kong.HelpProvider.
func (eventsCmd) Help() string {
	return `An event stays in the outbox until every job that listens to it has handled it:
waiting until Inngest has it, sent until its runs have ended, dead if it has been
given up. These verbs need DATABASE_URL and nothing else.

Examples:
  router events ls --state dead
  router events show ID
  router events retry --all-dead --name file/uploaded
  router events drop ID`
}

type eventsLsCmd struct {
	State string `enum:"dead,waiting,sent," default:"" placeholder:"STATE" help:"Only those that are dead, waiting or sent."`
	Name  string `placeholder:"NAME" help:"Only those of this name."`
	Limit int    `default:"50" help:"So many at most."`
	JSON  bool   `name:"json" help:"Print JSON, for programs."`
}

// Help implements kong.HelpProvider.
func (eventsLsCmd) Help() string {
	return `Lists events, the dead before those that wait and those that are sent, and of
each the oldest first. Data is not shown.

Examples:
  router events ls
  router events ls --state waiting --name file/uploaded --limit 1000 --json`
}

// Run implements the verb.
func (c eventsLsCmd) Run(p *program) error {
	if c.Limit < 1 {
		return errors.New("--limit must be at least 1")
	}
	return p.outbox(func(ctx context.Context, a events.Admin) error {
		all, err := a.List(ctx, events.Filter{State: c.State, Name: c.Name, Limit: c.Limit})
		switch {
		case err != nil:
			return err
		case c.JSON:
			return writeJSON(p.out, all)
		case len(all) == 0:
			fmt.Fprintln(p.out, "There are no such events.")
			return nil
		}
		w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATE\tNAME\tKEY\tAGE\tSENT\tNEXT\tERROR")
		for _, k := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", k.ID, k.State, k.Name, dash(value(k.Key)),
				since(k.CreatedAt), k.Sends, until(k.NextAt), dash(oneLine(value(k.LastError))))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if len(all) == c.Limit {
			fmt.Fprintf(p.out, "There may be more: --limit %d.\n", 10*c.Limit)
		}
		return nil
	})
}

type eventsShowCmd struct {
	ID   uuid.UUID `arg:"" help:"The event's id."`
	JSON bool      `name:"json" help:"Print JSON, for programs."`
}

// Help implements kong.HelpProvider.
func (eventsShowCmd) Help() string {
	return `Shows an event with its data, which may be personal, and the runs that handle it.

Example:
  router events show 0198c1f2-0000-7000-8000-000000000000`
}

// Run implements the verb.
func (c eventsShowCmd) Run(p *program) error {
	return p.outbox(func(ctx context.Context, a events.Admin) error {
		k, err := a.Show(ctx, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(p.out, k)
		}
		w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
		for _, line := range [][2]string{
			{"id", k.ID.String()},
			{"name", k.Name},
			{"key", dash(value(k.Key))},
			{"state", k.State},
			{"published", k.CreatedAt.Format(time.RFC3339)},
			{"taken by Inngest", fmt.Sprintf("%d times", k.Sends)},
			{"failed since", fmt.Sprintf("%d times", k.Attempts)},
			{"next look", until(k.NextAt)},
			{"error", dash(oneLine(value(k.LastError)))},
			{"data", string(k.Data)},
		} {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
		for _, r := range k.Runs {
			how := "goes on"
			if r.Outcome != nil {
				how = *r.Outcome
			}
			fmt.Fprintf(w, "run\t%s %s: %s, begun %s\n", r.Function, r.RunID, how, r.BegunAt.Format(time.RFC3339))
		}
		return w.Flush()
	})
}

type eventsRetryCmd struct {
	IDs     []uuid.UUID `arg:"" optional:"" name:"id" help:"Ids of events."`
	AllDead bool        `help:"All events that are dead."`
	Name    string      `placeholder:"NAME" help:"With --all-dead: only those of this name."`
}

// Help implements kong.HelpProvider.
func (eventsRetryCmd) Help() string {
	return `Has events sent again under their ids. A dead event with a key goes behind the
others of its key. One that was sent and whose runs go on is left alone.

Examples:
  router events retry ID…
  router events retry --all-dead --name file/uploaded`
}

// Run implements the verb.
func (c eventsRetryCmd) Run(p *program) error {
	switch {
	case c.AllDead == (len(c.IDs) > 0):
		return errors.New("say which events: their ids, or --all-dead")
	case c.Name != "" && !c.AllDead:
		return errors.New("--name goes with --all-dead")
	}
	return p.outbox(func(ctx context.Context, a events.Admin) error {
		if c.AllDead {
			n, err := a.RetryDead(ctx, c.Name)
			fmt.Fprintf(p.out, "%d events will be sent again.\n", n)
			return err
		}
		return p.each(ctx, c.IDs, "will be sent again", a.Retry)
	})
}

type eventsDropCmd struct {
	IDs []uuid.UUID `arg:"" name:"id" help:"Ids of events."`
}

// Help implements kong.HelpProvider.
func (eventsDropCmd) Help() string {
	return `Deletes events for good, whatever their state, and lets the next ones of their
keys go. Runs that have begun go on.

Example:
  router events drop ID…`
}

// Run implements the verb.
func (c eventsDropCmd) Run(p *program) error {
	return p.outbox(func(ctx context.Context, a events.Admin) error {
		return p.each(ctx, c.IDs, "is dropped", a.Drop)
	})
}

// outbox calls do with the outbox in DATABASE_URL.
func (p *program) outbox(do func(context.Context, events.Admin) error) error {
	r := config.NewReader(p.getenv)
	c := config.Read[config.Database](r)
	if err := r.Err(); err != nil {
		return err
	}
	d, err := db.Open(p.ctx, c)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return do(p.ctx, events.Admin{DB: d})
}

// each does something to each event and reports it; those that are not there do not
// keep the others from it.
func (p *program) each(ctx context.Context, ids []uuid.UUID, done string, do func(context.Context, uuid.UUID) error) error {
	var errs []error
	for _, id := range ids {
		if err := do(ctx, id); err != nil {
			if !fault.Is(err, fault.NotFound) {
				return errors.Join(append(errs, err)...)
			}
			errs = append(errs, errors.New(fault.Of(err).Message))
			continue
		}
		fmt.Fprintf(p.out, "%s %s.\n", id, done)
	}
	return errors.Join(errs...)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// oneLine shortens s to what fits into a table.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const most = 120
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

func since(t time.Time) string { return time.Since(t).Round(time.Second).String() }

// until says when t is, seen from now.
func until(t *time.Time) string {
	switch {
	case t == nil:
		return "-"
	case t.Before(time.Now()):
		return "now"
	}
	return "in " + time.Until(*t).Round(time.Second).String()
}
