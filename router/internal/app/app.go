// Package app is what the programs of this repository have in common: functions, what
// they need, and the hosts that run them. The router has all functions and verbs of its
// own; a program that was packaged has some functions and no verbs.
//
// What only some programs have comes as a part, so that the others do not link it: see
// [Parts].
package app

import (
	"context"
	"log/slog"
	"slices"

	"switchyard/router/internal/container"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// Parts are the parts of a program beside its functions. A program without a part (nil) does not
// link it, and does not offer what it is for: it runs no jobs, or answers 404 at /metrics and
// /docs.
type Parts struct {
	// Jobs loads the host of the app's jobs, which are open.
	Jobs func(context.Context, JobsConfig) (*Jobs, error)
	// Schema watches the tables of the app, which is open. It returns nil if the app has no
	// database.
	Schema func(SchemaConfig) (*Schema, error)
	// Metrics returns what counts requests and serves /metrics. counted are other things that
	// may have metrics: the open services, and the host of jobs.
	Metrics func(logger *slog.Logger, project, version string, counted ...any) (serve.Metrics, error)
	// Docs are the pages that show the document of the API.
	Docs func(project fn.Project, document func() ([]byte, error)) ([]serve.Page, error)
}

// App is functions with everything that is needed to host them: what they ask for themselves, and
// what their hosts ask for. Make one with [New].
type App struct {
	Program   program.Program
	Functions []function.Function // those of Program that this process is for
	Needs     *service.Set

	Server   *service.Env[config.Server]
	Jobs     *service.Env[config.Jobs]     // read if there are jobs or schedules
	Database *service.Env[config.Database] // read if a function needs the database

	Placement *service.Env[config.Placement] // of jobs
	InFlight  *service.Env[config.InFlight]  // read if there are jobs or schedules

	// Children is how many processes run beside this one and share its memory limit.
	Children int

	parts Parts
	size  container.Size
}

// New returns the app of functions, which are some of those of p.
func New(p program.Program, functions []function.Function, parts Parts) (*App, error) {
	a := &App{
		Program:   p,
		Functions: functions,
		Needs:     function.Needs(functions),
		Server:    service.NewEnv[config.Server](),
		Jobs:      service.NewEnv[config.Jobs](),
		Database:  service.NewEnv[config.Database](),
		Placement: service.NewEnv[config.Placement](),
		InFlight:  service.NewEnv[config.InFlight](),
		parts:     parts,
	}
	a.Needs.Add("router", a.Server)
	for _, f := range function.Durable(functions) {
		a.Needs.Add(f.Name, a.Jobs)
	}
	if err := a.addDurable(); err != nil {
		return nil, err
	}
	if a.Uses("db") {
		a.Needs.Add("router", a.Database)
	}
	return a, nil
}

// addDurable adds what the host of jobs needs even if these jobs do not: where they run,
// the tables in which services that share an app agree, and the relay of events.
func (a *App) addDurable() error {
	mine, all := len(function.Durable(a.Functions)), len(function.Durable(a.Program.Functions))
	if mine == 0 {
		return nil
	}
	shared := function.Needs(a.Program.Functions).Named("db", "events")
	if len(shared) == 0 && mine < all {
		return program.UsageError("some jobs cannot be served without the others: services agree through the database, and no function of the project has one; serve all jobs here, or give a function a field *db.DB")
	}
	a.Needs.Add("router", a.Placement, a.InFlight)
	a.Needs.Add("router", shared...)
	return nil
}

// Uses reports whether the service called name is needed.
func (a *App) Uses(name string) bool { return slices.Contains(a.Needs.Services(), name) }

// Configure reads the environment. The error is a *config.Error with everything
// that is wrong.
func (a *App) Configure(getenv func(string) string) error {
	r := config.NewReader(getenv)
	a.Needs.Read(r)
	return r.Err()
}
