package main

import (
	"slices"

	"switchyard/router/catalog"
	"switchyard/router/internal/function"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// app is the catalog with everything that hosting it needs: what its functions
// ask for, and what the hosts ask for on their behalf.
type app struct {
	functions []function.Function
	needs     *service.Set

	server   *service.Env[config.Server]
	jobs     *service.Env[config.Jobs]     // read if there are jobs or schedules
	database *service.Env[config.Database] // read if a function needs the database
}

// newApp returns the app of every function in the catalog.
func newApp() *app {
	a := &app{
		functions: catalog.Functions(),
		server:    service.NewEnv[config.Server](),
		jobs:      service.NewEnv[config.Jobs](),
		database:  service.NewEnv[config.Database](),
	}
	a.needs = function.Needs(a.functions)
	a.needs.Add("router", a.server)
	for _, f := range a.functions {
		if kind := f.Info().Kind; kind == fn.KindJob || kind == fn.KindSchedule {
			a.needs.Add(f.Name, a.jobs)
		}
	}
	if a.uses("db") {
		a.needs.Add("router", a.database)
	}
	return a
}

// uses reports whether some function needs the service called name.
func (a *app) uses(name string) bool { return slices.Contains(a.needs.Services(), name) }

// durable returns the functions that Inngest runs.
func (a *app) durable() []function.Function {
	var jobs []function.Function
	for _, f := range a.functions {
		if kind := f.Info().Kind; kind == fn.KindJob || kind == fn.KindSchedule {
			jobs = append(jobs, f)
		}
	}
	return jobs
}

// configure reads the environment. The error is a *config.Error with everything
// that is wrong.
func (a *app) configure(p *program) error {
	r := config.NewReader(p.getenv)
	a.needs.Read(r)
	return r.Err()
}
