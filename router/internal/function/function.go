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
	// Limits is the service that keeps its RateLimit for all replicas. It is nil if there is
	// none, or if each replica keeps it for itself.
	Limits service.Need
	// Reflected says why the types of an endpoint are bound by reflection. It is "" if their
	// binding is compiled, and of all that is no endpoint.
	Reflected string
	// Bind builds it, once its needs are open. It returns
	//   - an endpoint.Binding for an fn.Endpoint,
	//   - an http.Handler for an fn.Page,
	//   - a job.Binding for an fn.Job or fn.Schedule.
	Bind func() any
}

// Info returns what the function says of itself, with the defaults filled in.
func (f Function) Info() fn.Info { return f.Spec.Info() }

// Needs returns what all of these functions, and those that admit and limit their callers,
// need, each thing once.
func Needs(functions []Function) *service.Set {
	set := service.NewSet()
	for _, f := range functions {
		set.Add(f.Name, f.Needs...)
		for _, need := range []service.Need{f.Admits, f.Limits} {
			if need != nil {
				set.Add(f.Name, need)
			}
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
