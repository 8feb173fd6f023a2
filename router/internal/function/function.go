// Package function is what the catalog tells the hosts of a function: its name,
// what it says of itself, what it needs, and how to build it.
package function

import (
	"switchyard/router/internal/service"
	"switchyard/shared/fn"
)

// Function is one function of the catalog, not built yet.
type Function struct {
	// Name is its folder below functions/: "api/orders/create".
	Name string
	// Spec is its description: the route or the events, who may call, the limits.
	Spec fn.Spec
	// Needs are the services and settings that its fields ask for.
	Needs []service.Need
	// Admits is the service by which a host admits callers: people or machines. It is
	// nil if the function is open to all, or if nobody calls it.
	Admits service.Need
	// Bind builds it, once its needs are open. It returns
	//   - an endpoint.Binding for an fn.Endpoint,
	//   - an http.Handler for an fn.Page,
	//   - a job.Binding for an fn.Job or fn.Schedule.
	Bind func() any
}

// Info returns what the function says of itself, with the defaults filled in.
func (f Function) Info() fn.Info { return f.Spec.Info() }

// Needs returns what all of these functions, and those that admit their callers, need,
// each thing once.
func Needs(functions []Function) *service.Set {
	set := service.NewSet()
	for _, f := range functions {
		set.Add(f.Name, f.Needs...)
		if f.Admits != nil {
			set.Add(f.Name, f.Admits)
		}
	}
	return set
}

// Durable returns those of functions that Inngest runs.
func Durable(functions []Function) []Function {
	var jobs []Function
	for _, f := range functions {
		if f.Info().Kind.Durable() {
			jobs = append(jobs, f)
		}
	}
	return jobs
}
