package generate

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// SubsetOptions say which functions a catalog is to have, and how.
type SubsetOptions struct {
	// Functions are their names: "api/files/create".
	Functions []string
	// Behind means that only a router calls the functions, which has admitted the
	// caller: the service shared/auth/caller is told who that is, in place of asking
	// those that know people and machines.
	Behind bool
}

// Subset returns the source of a catalog that has some functions of the module in the
// folder root. See [Tree.Subset].
func Subset(ctx context.Context, root string, o SubsetOptions) ([]byte, error) {
	t, err := Read(ctx, root)
	if err != nil {
		return nil, err
	}
	return t.Subset(o)
}

// Subset returns the source of a catalog that has some functions, and imports nothing
// that these do not need. It takes the place of the whole one in a build.
//
// If there are jobs among them, they also need what hosting jobs does, which is not
// filled into a field: the services db and events, if any function of the module needs
// them. The types of events are left out unless a service takes them.
func (t *Tree) Subset(o SubsetOptions) ([]byte, error) {
	var functions []*function
	for _, f := range t.all.functions {
		if slices.Contains(o.Functions, f.name()) {
			functions = append(functions, f.function)
		}
	}
	if err := t.checkNames(o.Functions); err != nil {
		return nil, err
	}
	if o.Behind && t.services.named("auth/caller") == nil {
		return nil, fmt.Errorf("functions behind a router need the service shared/auth/caller, which says who calls: there is no such package")
	}
	w := t.module.wire(functions, t.services, t.hostOfJobs(), o.Behind)
	if err := t.module.err(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(w.services, opening.takesEvents) {
		w.events = t.all.events
	}
	return w.render(t.module, t.schema.Digest(), true)
}

// checkNames fails if one of names is of no function.
func (t *Tree) checkNames(names []string) error {
	known := t.Functions()
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		if similar := near(name, known); similar != "" {
			return fmt.Errorf("there is no function %q below functions/: did you mean %s?", name, similar)
		}
		return fmt.Errorf("there is no function %q below functions/; there are %s", name, strings.Join(known, ", "))
	}
	return nil
}

// hostOfJobs returns the services that a host of jobs needs, though the jobs may not: the
// tables in which services that share an app agree, and the relay of events.
func (t *Tree) hostOfJobs() []*service {
	var services []*service
	for _, v := range t.all.services {
		if v.name() == "db" || v.name() == "events" {
			services = append(services, v.service)
		}
	}
	return services
}

// takesEvents reports whether the service is opened with the types of events.
func (o opening) takesEvents() bool {
	return slices.ContainsFunc(o.needs, func(n need) bool { return n.given == givenEvents })
}
