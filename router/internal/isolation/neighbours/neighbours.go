// Package neighbours adds functions to a program that do it harm, and some that are harmed.
// They are part of no catalog: only a program that is built with the tag
// switchyard_isolation links them. See package isolation.
package neighbours

import (
	"slices"

	"switchyard/internal/event"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/isolation/functions/isolation/bad/blockedstep"
	"switchyard/router/internal/isolation/functions/isolation/bad/dbhold"
	"switchyard/router/internal/isolation/functions/isolation/bad/dbleak"
	"switchyard/router/internal/isolation/functions/isolation/bad/deadlock"
	"switchyard/router/internal/isolation/functions/isolation/bad/endless"
	"switchyard/router/internal/isolation/functions/isolation/bad/exhaustion"
	"switchyard/router/internal/isolation/functions/isolation/bad/exits"
	"switchyard/router/internal/isolation/functions/isolation/bad/gopanics"
	"switchyard/router/internal/isolation/functions/isolation/bad/leak"
	"switchyard/router/internal/isolation/functions/isolation/bad/maprace"
	"switchyard/router/internal/isolation/functions/isolation/bad/memory"
	"switchyard/router/internal/isolation/functions/isolation/bad/panics"
	"switchyard/router/internal/isolation/functions/isolation/bad/recursion"
	"switchyard/router/internal/isolation/functions/isolation/bad/spin"
	"switchyard/router/internal/isolation/functions/isolation/bad/unread"
	"switchyard/router/internal/isolation/functions/isolation/good/ping"
	"switchyard/router/internal/isolation/functions/isolation/good/query"
	"switchyard/router/internal/job"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
	"switchyard/shared/db"
	"switchyard/shared/fn"
)

// inNoCatalog is why the endpoints among the neighbours have no compiled bindings.
const inNoCatalog = "it is in no catalog"

// Add returns p with the neighbours: those that use the database if a function of p does,
// and the one with a step if p has jobs.
func Add(p program.Program) program.Program {
	own := p.Functions
	p.Functions = slices.Concat(own, []function.Function{
		page("panics", panics.Spec, panics.Function{}),
		page("gopanics", gopanics.Spec, gopanics.Function{}),
		page("maprace", maprace.Spec, maprace.Function{}),
		page("recursion", recursion.Spec, recursion.Function{}),
		page("exits", exits.Spec, exits.Function{}),
		page("deadlock", deadlock.Spec, deadlock.Function{}),
		page("spin", spin.Spec, spin.Function{}),
		page("leak", leak.Spec, leak.Function{}),
		page("memory", memory.Spec, memory.Function{}),
		page("exhaustion", exhaustion.Spec, exhaustion.Function{}),
		page("unread", unread.Spec, unread.Function{}),
		page("endless", endless.Spec, endless.Function{}),
		{Name: "isolation/good/ping", Spec: ping.Spec, Reflected: inNoCatalog, Bind: func() any { return endpoint.New(&ping.Function{}) }},
	}, withDatabase(own))
	if len(function.Durable(own)) > 0 {
		p.Functions = append(p.Functions, function.Function{
			Name: "isolation/bad/blockedstep", Spec: blockedstep.Spec, Bind: func() any { return job.New(&blockedstep.Function{}) },
		})
		p.Events = append(slices.Clone(p.Events), event.Type{Name: "isolation/begun", Listeners: []string{"isolation/bad/blockedstep"}})
	}
	return p
}

// page returns a bad function without needs.
func page(name string, spec fn.Spec, f any) function.Function {
	return function.Function{Name: "isolation/bad/" + name, Spec: spec, Bind: func() any { return f }}
}

// withDatabase returns the functions that use the database, on the pool of own.
func withDatabase(own []function.Function) []function.Function {
	need, pool := service.Lookup[db.DB](function.Needs(own))
	if need == nil {
		return nil
	}
	needs := []service.Need{need}
	return []function.Function{
		{Name: "isolation/bad/dbhold", Spec: dbhold.Spec, Needs: needs, Bind: func() any { return dbhold.Function{DB: pool()} }},
		{Name: "isolation/bad/dbleak", Spec: dbleak.Spec, Needs: needs, Bind: func() any { return dbleak.Function{DB: pool()} }},
		{Name: "isolation/good/query", Spec: query.Spec, Needs: needs, Reflected: inNoCatalog, Bind: func() any { return endpoint.New(&query.Function{DB: pool()}) }},
	}
}
