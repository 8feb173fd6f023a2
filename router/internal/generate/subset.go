package generate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/spelling"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/wiring"
)

// SubsetOptions say which functions a catalog is to have, and how.
type SubsetOptions struct {
	// Functions are their names: "api/files/create".
	Functions []string
	// Behind means that only a router calls the functions, after it has admitted the caller. The
	// package then has the service shared/auth/caller, which believes the router, in place of the
	// services that know people and machines.
	Behind bool
}

// Subset returns the Go files of a catalog that has some functions of the module in the
// folder root. See [Tree.Subset].
func Subset(ctx context.Context, root string, o SubsetOptions) (map[string][]byte, error) {
	t, err := Read(ctx, root)
	if err != nil {
		return nil, err
	}
	return t.Subset(o)
}

// Subset returns the Go files of a catalog that has some functions, and imports nothing that these do
// not need, by their names below the root of the module. It takes the place of the whole catalog in
// a build: see [Overlay].
//
// If there are jobs among the functions, the catalog also has the services that the host of jobs
// uses, although no field asks for them: db and events, if any function of the module needs them.
// It has the types of events only if a service takes them.
func (t *Tree) Subset(o SubsetOptions) (map[string][]byte, error) {
	var functions []*function.Function
	for _, f := range t.all.Functions {
		if slices.Contains(o.Functions, f.Name()) {
			functions = append(functions, f.Function)
		}
	}
	if err := t.checkNames(o.Functions); err != nil {
		return nil, err
	}
	if o.Behind && t.services.Named("auth/caller") == nil {
		return nil, fmt.Errorf("functions behind a router need the service shared/auth/caller, which says who calls: there is no such package")
	}
	w := t.services.Wire(functions, t.hostOfJobs(), o.Behind)
	w.Project = t.all.Project
	if err := t.module.Err(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(w.Services, wiring.Opening.TakesEvents) {
		w.Events = t.all.Events
	}
	return t.render(w, true)
}

// checkNames fails if one of names is of no function.
func (t *Tree) checkNames(names []string) error {
	known := t.Functions()
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		if similar := spelling.Near(name, known); similar != "" {
			return fmt.Errorf("there is no function %q below functions/: did you mean %s?", name, similar)
		}
		return fmt.Errorf("there is no function %q below functions/; there are %s", name, strings.Join(known, ", "))
	}
	return nil
}

// hostOfJobs returns the services that a host of jobs needs, though the jobs may not: the
// tables in which services that share an app agree, and the relay of events.
func (t *Tree) hostOfJobs() []*wiring.Service {
	var services []*wiring.Service
	for _, v := range t.all.Services {
		if v.Name() == "db" || v.Name() == "events" {
			services = append(services, v.Service)
		}
	}
	return services
}
