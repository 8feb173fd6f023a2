package apart

import (
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
)

// Group are functions that run in one process beside the router.
type Group struct {
	Name      string // a pattern, or the name of its only function
	Functions []function.Function
}

// Plan divides the functions that run apart into groups. Each pattern has a group with the
// functions that it matches and no pattern before it does; a pattern that matches none has no
// group. Each other function whose Spec says Apart has a group of its own. A function that runs
// elsewhere is in no group. The error is a program.UsageError: a pattern matches a function that
// runs elsewhere, or only functions that patterns before it have taken.
func Plan(functions []function.Function, patterns []string, elsewhere func(name string) bool) ([]Group, error) {
	var groups []Group
	taken := map[string]string{} // names, by what took them
	for _, pattern := range patterns {
		group := Group{Name: pattern}
		before := ""
		for _, f := range functions {
			switch by := taken[f.Name]; {
			case !doublestar.MatchUnvalidated(pattern, f.Name):
			case elsewhere(f.Name):
				return nil, program.UsageError(fmt.Sprintf("%q is to run apart, and SWITCHYARD_REMOTE says that %s runs elsewhere: leave it out of one of them", pattern, f.Name))
			case by != "":
				before = by
			default:
				taken[f.Name] = pattern
				group.Functions = append(group.Functions, f)
			}
		}
		if len(group.Functions) > 0 {
			groups = append(groups, group)
		} else if before != "" {
			return nil, program.UsageError(fmt.Sprintf("%q is to run apart, and %q before it takes all that it matches: leave it out, or put it first", pattern, before))
		}
	}
	for _, f := range functions {
		if f.Info().Apart && taken[f.Name] == "" && !elsewhere(f.Name) {
			groups = append(groups, Group{Name: f.Name, Functions: []function.Function{f}})
		}
	}
	return groups, nil
}

// names returns the names of the group's functions.
func (g Group) names() []string {
	var names []string
	for _, f := range g.Functions {
		names = append(names, f.Name)
	}
	return names
}

// Has returns the name of the group that the function called name is in; "" if it is in
// none.
func Has(groups []Group, name string) string {
	for _, g := range groups {
		if slices.Contains(g.names(), name) {
			return g.Name
		}
	}
	return ""
}
