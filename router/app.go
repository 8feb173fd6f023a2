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
	catalog   []function.Function // all there are
	functions []function.Function // those that this process is for
	needs     *service.Set

	server   *service.Env[config.Server]
	jobs     *service.Env[config.Jobs]     // read if there are jobs or schedules
	database *service.Env[config.Database] // read if a function needs the database
}

// newApp returns the app of the functions in the catalog that which selects.
func newApp(which selection) (*app, error) {
	a := &app{
		catalog:  catalog.Functions(),
		server:   service.NewEnv[config.Server](),
		jobs:     service.NewEnv[config.Jobs](),
		database: service.NewEnv[config.Database](),
	}
	var err error
	if a.functions, err = which.of(a.catalog); err != nil {
		return nil, err
	}
	a.needs = function.Needs(a.functions)
	a.needs.Add("router", a.server)
	for _, f := range durableOf(a.functions) {
		a.needs.Add(f.Name, a.jobs)
	}
	if err := a.addDurable(); err != nil {
		return nil, err
	}
	if a.uses("db") {
		a.needs.Add("router", a.database)
	}
	return a, nil
}

// addDurable adds what the host of jobs needs even if these jobs do not: the tables in
// which services that share an app agree, and the relay of events.
func (a *app) addDurable() error {
	mine, all := len(durableOf(a.functions)), len(durableOf(a.catalog))
	if mine == 0 {
		return nil
	}
	shared := function.Needs(a.catalog).Named("db", "events")
	if len(shared) == 0 && mine < all {
		return usageError("some jobs cannot be served without the others: services agree through the database, and no function here has one")
	}
	a.needs.Add("router", shared...)
	return nil
}

// uses reports whether the service called name is needed.
func (a *app) uses(name string) bool { return slices.Contains(a.needs.Services(), name) }

// durableOf returns the functions that Inngest runs.
func durableOf(functions []function.Function) []function.Function {
	var jobs []function.Function
	for _, f := range functions {
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
