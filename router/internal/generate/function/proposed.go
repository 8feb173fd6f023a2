package function

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"switchyard/router/internal/generate/times"
)

// RouteProblems says everything that is wrong with the route of a function that is to be
// written, beside functions with other routes, by their names. An endpoint's needs a
// method.
func RouteProblems(pattern string, isEndpoint bool, taken map[string]string) []string {
	r := &route{Function: &Function{Kind: Page}, pattern: pattern}
	if isEndpoint {
		r.Kind = Endpoint
	}
	if problem := r.invalid(); problem != "" {
		return []string{fmt.Sprintf("the route %q %s", pattern, problem)}
	}
	if owner := r.reserved(); owner != "" {
		return []string{fmt.Sprintf("the route %q is reserved: the host itself answers %s", pattern, owner)}
	}
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(taken)) {
		if why := conflict(taken[name], pattern); why != "" {
			problems = append(problems, fmt.Sprintf("the route %q conflicts with %q of %s: %s", pattern, taken[name], name, why))
		}
	}
	for _, own := range hostRoutes() {
		if why := conflict(own, pattern); why != "" {
			return append(problems, fmt.Sprintf("the route %q conflicts with %q of the host itself: %s", pattern, own, why))
		}
	}
	return problems
}

// conflict says why http.ServeMux does not take both patterns, or "".
func conflict(first, second string) string {
	mux := http.NewServeMux()
	if register(mux, first) != "" {
		return "" // the generator reports it
	}
	return register(mux, second)
}

// CronProblem says what is wrong with a cron expression, or "".
func CronProblem(expression string) string {
	if problem := times.CronProblem(expression); problem != "" {
		return fmt.Sprintf("the cron expression %q %s", expression, problem)
	}
	return ""
}

// longest is how many bytes a function's name has at most. It becomes a part of file names,
// and of what is deployed.
const longest = 100

// NameProblem says what is wrong with the folder of a function that is to be written, such
// as "api/hello", beside functions with other names; "" if nothing is.
func NameProblem(name string, names []string) string {
	for s := range strings.SplitSeq(name, "/") {
		if !importable(s) || s == "internal" || s == "testdata" {
			return fmt.Sprintf("%q cannot be the name of a folder of functions: use letters, digits and -", s)
		}
	}
	if len(name) > longest {
		return fmt.Sprintf("the name %s is too long: at most %d characters", name, longest)
	}
	for _, other := range names {
		if other != name && strings.EqualFold(identity(other), identity(name)) {
			return fmt.Sprintf("there is a function %s already, and both would be known as %q", other, identity(name))
		}
	}
	return ""
}
