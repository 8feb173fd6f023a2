package tool

import (
	"context"

	"switchyard/router/internal/scaffold/create"
	"switchyard/router/internal/version"
	"switchyard/shared/fn"
)

// New is the verb that adds a function to a project.
type New struct {
	Kind   fn.Kind  `arg:"" enum:"endpoint,page,job,schedule" help:"endpoint, page, job or schedule."`
	Name   string   `arg:"" help:"Its folder below functions/, with or without api/, pages/ or jobs/: notes/list."`
	Route  string   `help:"Of an endpoint or a page: a method and a path, or a path. Defaults to GET and the name." placeholder:"ROUTE"`
	Event  string   `help:"The event that a job runs on." placeholder:"NAME"`
	Cron   string   `help:"When a schedule runs: minute, hour, day, month, day of the week, in UTC or behind TZ=…" placeholder:"EXPRESSION"`
	Access string   `help:"Who may call an endpoint or a page: signed-in (the default), public, or service (machines with a key)." placeholder:"WHO"`
	Field  []string `help:"What it needs: services by their packages in shared/, such as db,bucket." placeholder:"SERVICE"`
}

// Help implements kong.HelpProvider.
func (New) Help() string {
	return `Writes a function and a test that passes, and brings the catalog up to date. Whatever is
wrong with the name or a flag is said at once, before anything is written. It works in a
project that does not compile, if it is run as go tool switchyard new.

Examples:
  router new endpoint notes/list --route "GET /api/notes" --field db
  router new page about --access public
  router new job notes/welcome --event note/added --field db,mail
  router new schedule notes/report --cron "TZ=Europe/Berlin 0 6 * * 1"`
}

// Run implements the verb.
func (c New) Run(w *World) error {
	root, err := Root()
	if err != nil {
		return err
	}
	return create.New(w.Ctx, create.Options{
		Root: root, Framework: version.Module(),
		Kind: c.Kind, Name: c.Name, Route: c.Route, Event: c.Event, Cron: c.Cron, Access: c.Access, Fields: c.Field,
		Generate: refresh(root), Out: w.Out,
	})
}

// refresh returns what brings the catalog of the project in root up to date.
func refresh(root string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := Generate(ctx, root, false)
		return err
	}
}
