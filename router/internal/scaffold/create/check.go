package create

import (
	"errors"
	"fmt"
	"go/token"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"switchyard/internal/spelling"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/scaffold/source"
	"switchyard/shared/fn"
)

// plan completes and checks the options, and returns what the templates are filled in
// with. Its error has every mistake.
func (o *Options) plan(p *source.Project) (*data, error) {
	functions, events, services := p.Functions(), p.Events(), p.Services()
	name := o.checkName(p)
	if name == "" {
		o.defaultRoute()
	}
	problems := slices.Concat([]string{name}, o.checkFlags(), o.checkRoute(functions), o.checkAccess(functions))
	event, problem := o.event(events)
	problems = append(problems, problem)
	var fields []source.Service
	for _, name := range o.Fields {
		s, problem := find(services, name)
		problems = append(problems, problem)
		if slices.ContainsFunc(fields, func(f source.Service) bool { return f.ImportPath == s.ImportPath }) {
			problems = append(problems, fmt.Sprintf("--field: %s is there twice", name))
		}
		fields = append(fields, s)
	}
	var errs []error
	for _, problem := range problems {
		if problem != "" {
			errs = append(errs, errors.New(problem))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return o.data(p, event, fields, services), nil
}

// packageOf returns what the package of a function is called.
func packageOf(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", ".", "", "_", "", "~", "").Replace(path.Base(name)))
}

// checkName says what is wrong with the name, or "".
func (o Options) checkName(p *source.Project) string {
	top, rest, _ := strings.Cut(o.Name, "/")
	switch {
	case top != folder(o.Kind):
		return fmt.Sprintf("a function of the kind %s has its folder below functions/%s/, not %s/", o.Kind, folder(o.Kind), top)
	case rest == "":
		return "the function needs a name, such as notes/list"
	}
	if problem := function.NameProblem(o.Name, p.Names()); problem != "" {
		return problem
	}
	pkg := packageOf(o.Name)
	if !token.IsIdentifier(pkg) || pkg == "main" || strings.HasSuffix(path.Base(o.Name), "_test") {
		return fmt.Sprintf("no package can be called %q: choose another name", pkg)
	}
	if entries, err := os.ReadDir(p.Dir(o.Name)); err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() }) {
		return fmt.Sprintf("the name is taken: functions/%s has files", o.Name)
	}
	return ""
}

// checkFlags refuses options that functions of the kind do not have.
func (o Options) checkFlags() []string {
	called := o.Kind == fn.KindEndpoint || o.Kind == fn.KindPage
	var problems []string
	refuse := func(wrong bool, text string) {
		if wrong {
			problems = append(problems, text)
		}
	}
	refuse(!called && o.Route != "", "--route: only endpoints and pages have one")
	refuse(!called && o.Access != "", "--access: only endpoints and pages are called by somebody")
	refuse(o.Kind != fn.KindJob && o.Event != "", "--event: only jobs run on one")
	refuse(o.Kind != fn.KindSchedule && o.Cron != "", "--cron: only schedules have one")
	refuse(o.Kind == fn.KindSchedule && o.Cron == "", `--cron is needed: when it runs, such as "0 6 * * *" for six o'clock every morning (UTC)`)
	if o.Kind == fn.KindSchedule && o.Cron != "" {
		problems = append(problems, function.CronProblem(o.Cron))
	}
	return problems
}

func (o Options) checkRoute(all []source.Function) []string {
	if folder(o.Kind) == "jobs" || o.Route == "" { // "": the name is wrong, too
		return nil
	}
	taken := map[string]string{}
	for _, f := range all {
		if f.Route != "" {
			taken[f.Name] = f.Route
		}
	}
	return function.RouteProblems(o.Route, o.Kind == fn.KindEndpoint, taken)
}

// accesses are the values of --access.
func accesses() []string {
	return []string{fn.SignedIn.String(), fn.Public.String(), fn.Service.String()}
}

// signIn is what a route below which people sign in begins with.
const signIn = "/api/auth/"

// checkAccess refuses functions that nobody could call.
func (o Options) checkAccess(functions []source.Function) []string {
	switch {
	case folder(o.Kind) == "jobs" || o.Access == fn.Public.String():
		return nil
	case o.Access != "" && !slices.Contains(accesses(), o.Access):
		return []string{fmt.Sprintf("--access: %q is none of %s", o.Access, strings.Join(accesses(), ", "))}
	case !slices.ContainsFunc(functions, func(f source.Function) bool { return strings.Contains(f.Route, signIn) }):
		return []string{"nobody can sign in to this project, or have a key, since no function answers " + signIn +
			": say --access public, or add api/auth and the pages for signing in first"}
	}
	return nil
}

// event returns the event that a job runs on.
func (o Options) event(events map[string]source.Event) (source.Event, string) {
	if o.Kind != fn.KindJob {
		return source.Event{}, ""
	}
	e, ok := events[o.Event]
	if ok {
		return e, ""
	}
	names := slices.Sorted(maps.Keys(events))
	known := "there are " + strings.Join(names, ", ")
	if len(names) == 0 {
		known = "there are none yet: write a struct with a method EventName in shared/ first"
	}
	if o.Event == "" {
		return e, "--event is needed: what it runs on; " + known
	}
	if near := spelling.Near(o.Event, names); near != "" {
		known = fmt.Sprintf("did you mean %s? %s", near, known)
	}
	return e, fmt.Sprintf("--event: there is no event %q; %s", o.Event, known)
}

// find returns the service called name, below shared/ or by its package alone.
func find(services map[string]source.Service, name string) (source.Service, string) {
	if s, ok := services[name]; ok {
		return s, ""
	}
	var found []source.Service
	var names []string
	for _, full := range slices.Sorted(maps.Keys(services)) {
		names = append(names, full)
		if services[full].Base() == name {
			found = append(found, services[full])
		}
	}
	switch {
	case len(found) == 1:
		return found[0], ""
	case len(found) > 1:
		return source.Service{}, fmt.Sprintf("--field: %q is %s or %s: say which", name, found[0].Name, found[1].Name)
	}
	text := fmt.Sprintf("--field: there is no service %q", name)
	if near := spelling.Near(name, names); near != "" {
		text += fmt.Sprintf(", did you mean %s?", near)
	}
	return source.Service{}, text + "; there are " + strings.Join(names, ", ")
}
