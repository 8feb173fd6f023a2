package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"switchyard/router/internal/tool"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
)

type eventsLsCmd struct {
	State events.State
	Name  string
	Limit int
	JSON  bool
}

func (p *process) eventsLs() *cobra.Command {
	var c eventsLsCmd
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the events in the outbox.",
		Long: `Lists the events whose runs have not ended: first what is due first, at the end what
waits behind another one of its key, and what is dead. Above them stands why Inngest does
not work, if it does not. As JSON it is an object: inngest, with state, since and reason,
and events, a list. Needs DATABASE_URL alone.

Example:
  router events ls --state dead`,
		Args:    cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error { return atLeastOne(c.Limit) },
		RunE:    func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.Var(tool.OneOf(&c.State, "held", "waiting", "sent", "begun", "dead"), "state",
		"Only those in this `STATE`: held (their time has not come), waiting (to be sent), sent (no run has begun), begun (runs have not ended) or dead (given up).")
	f.StringVar(&c.Name, "name", "", "Only events of this `NAME`.")
	f.IntVar(&c.Limit, "limit", 100, "At most `N` of them.")
	f.BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	return cmd
}

// atLeastOne says what is wrong with the flag --limit.
func atLeastOne(limit int) error {
	if limit < 1 {
		return errors.New("--limit: want 1 or more")
	}
	return nil
}

// run lists the events.
func (c eventsLsCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		rows, err := events.List(p.Ctx, d, events.Filter{State: c.State, Name: c.Name, Limit: c.Limit})
		if err != nil {
			return err
		}
		engine, err := events.EngineOf(p.Ctx, d)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(p.Out, listed{Inngest: engine, Events: append([]events.Row{}, rows...)})
		}
		if err := p.printEngine(d, engine); err != nil {
			return err
		}
		if len(rows) == 0 {
			fmt.Fprintln(p.Out, "There are none.")
			return nil
		}
		if err := p.printRows(rows); err != nil {
			return err
		}
		if len(rows) == c.Limit {
			fmt.Fprintf(p.Out, "There may be more than these %d: --limit shows them.\n", c.Limit)
		}
		return nil
	})
}

// listed is what `events ls --json` prints.
type listed struct {
	Inngest events.Engine `json:"inngest"`
	Events  []events.Row  `json:"events"`
}

func (p *process) printRows(rows []events.Row) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tKEY\tSTATE\tAGE\tNEXT\tSENDS\tFAILURES\tREASON")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", r.ID, r.Name, dash(short(r.Key, 40)), r.State,
			age(r.CreatedAt), next(r), r.Sends, r.Attempts, dash(short(r.LastError, 80)))
	}
	return w.Flush()
}

type eventsShowCmd struct {
	ID   uuid.UUID
	JSON bool
}

func (p *process) eventsShow() *cobra.Command {
	var c eventsShowCmd
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show an event: its data, its runs, and what went wrong.",
		Long: `Shows one event of the outbox with its data, which may be private, and the run of each
function that listens. Needs DATABASE_URL alone.

Example:
  router events show 0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b --json | jq .data`,
		Args: cobra.ExactArgs(1),
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			c.ID, err = eventID(args[0])
			return err
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	cmd.Flags().BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	return cmd
}

// eventID reads the id of an event.
func eventID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, fmt.Errorf("%q is no id of an event: %w", text, err)
	}
	return id, nil
}

// run shows the event.
func (c eventsShowCmd) run(p *process) error {
	return p.withDatabase(func(d *db.DB) error {
		r, err := events.Find(p.Ctx, d, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(p.Out, r)
		}
		return p.printRow(r)
	})
}

func (p *process) printRow(r events.Row) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "id\t%s\nname\t%s\nkey\t%s\nstate\t%s\n", r.ID, r.Name, dash(plain(r.Key)), r.State)
	fmt.Fprintf(w, "published\t%s (%s ago)\n", r.CreatedAt.UTC().Format(time.RFC3339), age(r.CreatedAt))
	if r.State == events.Held && r.NextAt != nil {
		fmt.Fprintf(w, "held until\t%s\n", r.NextAt.UTC().Format(time.RFC3339))
	}
	fmt.Fprintf(w, "next\t%s\n", next(r))
	fmt.Fprintf(w, "sends\t%d\nfailures\t%d\nreason\t%s\n", r.Sends, r.Attempts, dash(plain(r.LastError)))
	for _, run := range r.Runs {
		fmt.Fprintf(w, "%s\t%s\n", run.Function, fate(run))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return writeJSON(p.Out, r.Data)
}

// fate says how far a function has come with an event.
func fate(run events.RowRun) string {
	switch {
	case run.ID == "":
		return "has not begun"
	case run.Outcome != "":
		return fmt.Sprintf("%s (run %s)", run.Outcome, run.ID)
	case run.DueAt != nil && run.DueAt.Before(time.Now()):
		return fmt.Sprintf("not heard of since it was due %s ago (run %s)", age(*run.DueAt), run.ID)
	}
	return fmt.Sprintf("runs since %s (run %s)", age(*run.BegunAt), run.ID)
}

// next says when the relay looks at the event.
func next(r events.Row) string {
	switch {
	case r.NextAt == nil && r.State == events.Dead:
		return "-"
	case r.NextAt == nil:
		return "behind its key"
	case time.Until(*r.NextAt) <= 0:
		return "now"
	}
	return "in " + rough(time.Until(*r.NextAt))
}

func age(t time.Time) string { return rough(time.Since(t)) }

// rough returns d in its largest units: 3d4h, 5h12m, 2m5s, 12s.
func rough(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return max(0, d).Truncate(time.Second).String()
}

// short returns the text on one line, cut to n characters.
func short(text string, n int) string {
	line := []rune(plain(text))
	if len(line) <= n {
		return string(line)
	}
	return string(line[:n-1]) + "…"
}

// plain returns the text on one line and without what a terminal would obey: keys
// may come from outside.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)), " ")
}

// withDatabase calls do with the database that the environment names. The error says so if
// that has no tables of ours.
func (p *process) withDatabase(do func(d *db.DB) error) error {
	r := config.NewReader(p.Getenv)
	c := config.Read[config.Database](r)
	if err := r.Err(); err != nil {
		return err
	}
	d, err := db.Open(p.Ctx, c)
	if err != nil {
		return err
	}
	defer d.Close()
	err = do(d)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "42P01" { // undefined_table
		return fmt.Errorf("%w\nIs this the project's database? See with: router migrate --plan", err)
	}
	return err
}
