package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchyard/internal/exact"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

type runsShowCmd struct {
	ID   string
	JSON bool
}

func (p *process) runsShow() *cobra.Command {
	var c runsShowCmd
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a run: its event, its steps, and what went wrong.",
		Long: `Shows one run: its events, with their data if that is still known, and each step that
it has come to, with its result. These may be private. Needs DATABASE_URL alone.

Example:
  router runs show 01JDTZ7Q4XW8V5M2K9R3C6B1NE --json | jq .steps`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c.ID = args[0]
			return c.run(p)
		},
	}
	cmd.Flags().BoolVar(&c.JSON, "json", false, "Print JSON, for programs, and all of every result.")
	return cmd
}

// run shows the run.
func (c runsShowCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		r, err := ledger.Find(p.Ctx, d, c.ID)
		if err != nil {
			return err
		}
		for i, s := range r.Steps {
			r.Steps[i].Result = exact.RestoreStep(s.Result)
		}
		if c.JSON {
			return writeJSON(p.Out, r)
		}
		return p.printRun(r)
	})
}

func (p *process) printRun(r ledger.Past) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "id\t%s\nfunction\t%s\nstate\t%s\n", plain(r.ID), r.Function, stateOf(r))
	fmt.Fprintf(w, "began\t%s (%s ago)\n", r.BegunAt.UTC().Format(time.RFC3339), age(r.BegunAt))
	if r.EndedAt != nil {
		fmt.Fprintf(w, "ended\t%s\n", r.EndedAt.UTC().Format(time.RFC3339))
	}
	fmt.Fprintf(w, "took\t%s\nrelease\t%s\nerror\t%s\n", took(r), dash(plain(r.Release)), dash(plain(r.Error)))
	for _, e := range r.Events {
		fmt.Fprintf(w, "event\t%s %s\n", plain(e.Name), e.ID)
	}
	for i, s := range r.Steps {
		fmt.Fprintf(w, "step %d\t%s %s\t%s\t%s\n", i+1, s.Op, dash(short(s.Name, 40)), s.At.UTC().Format(time.TimeOnly), resultOf(s))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, e := range r.Events {
		if e.Data == nil {
			continue
		}
		if err := writeJSON(p.Out, e.Data); err != nil {
			return err
		}
	}
	return nil
}

// stateOf says how a run goes.
func stateOf(r ledger.Past) string {
	if r.DueAt != nil && r.DueAt.Before(time.Now()) {
		return fmt.Sprintf("%s, and not heard of since it was due %s ago", r.State, age(*r.DueAt))
	}
	return r.State
}

// resultOf returns the result of a step, or its error, cut short.
func resultOf(s ledger.PastStep) string {
	var result struct {
		Data  json.RawMessage
		Error struct{ Message string }
	}
	switch err := json.Unmarshal(s.Result, &result); {
	case s.Result == nil:
		return "goes on"
	case err == nil && result.Error.Message != "":
		return "error: " + short(result.Error.Message, 80)
	case err == nil && result.Data != nil:
		return short(string(result.Data), 80)
	}
	return short(string(s.Result), 80)
}
