package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/scaffold/create"
	"switchyard/router/internal/tool"
	"switchyard/router/internal/version"
	"switchyard/shared/fn"
)

// newCmd is the verb that adds a function to a project.
func newCmd(p *tool.Process) *cobra.Command {
	o := create.Options{Framework: version.Module(), Out: p.Out}
	c := &cobra.Command{
		Use:   "new KIND NAME",
		Short: "Add a function, with its test.",
		Long: `Writes a function and a test that passes, and brings the catalog up to date. KIND is
endpoint, page, job or schedule, NAME the folder below functions/, with or without api/,
pages/ or jobs/: notes/list. Whatever is wrong with the name or a flag is said at once, before
anything is written. It works in a project that does not compile, if it is run as go tool
switchyard new.

Examples:
  router new endpoint notes/list --route "GET /api/notes" --field db
  router new page about --access public
  router new job notes/welcome --event note/added --field db,mail
  router new schedule notes/report --cron "TZ=Europe/Berlin 0 6 * * 1"`,
		Args: cobra.ExactArgs(2),
		PreRunE: func(_ *cobra.Command, args []string) error {
			o.Kind, o.Name = fn.Kind(args[0]), args[1]
			if !slices.Contains([]fn.Kind{fn.KindEndpoint, fn.KindPage, fn.KindJob, fn.KindSchedule}, o.Kind) {
				return fmt.Errorf("there is no kind %q: want endpoint, page, job or schedule", o.Kind)
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) (err error) {
			if o.Root, err = tool.Root(); err != nil {
				return err
			}
			o.Generate = refresh(o.Root)
			return create.New(p.Ctx, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Route, "route", "", "The `ROUTE` of an endpoint or a page: a method and a path, or a path. Defaults to GET and the name.")
	f.StringVar(&o.Event, "event", "", "The `NAME` of the event that a job runs on.")
	f.StringVar(&o.Cron, "cron", "", "When a schedule runs, as an `EXPRESSION`: minute, hour, day, month, day of the week, in UTC or behind TZ=…")
	f.StringVar(&o.Access, "access", "", "`WHO` may call an endpoint or a page: signed-in (the default), public, or service (machines with a key).")
	f.StringSliceVar(&o.Fields, "field", nil, "Each `SERVICE` that it needs, by its package in shared/: db,bucket. May be repeated.")
	return c
}

// refresh returns what brings the catalog of the project in root up to date.
func refresh(root string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := generate.Run(ctx, generate.In(root), false)
		return err
	}
}
