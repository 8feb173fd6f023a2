package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"switchyard/internal/project"
	"switchyard/router/internal/function"
	"switchyard/router/internal/service"
	"switchyard/shared/fn"
)

// Options say which functions are packaged, and for what.
type Options struct {
	Functions []function.Function // one at least
	// Together puts all of them into one unit. By default each gets its own.
	Together bool
	Target   string // Lambda or Container
	Arch     string // "arm64" or "amd64"
	Front    string // HTTPAPI or URL
	Behind   bool   // see Plan
	IaC      string // see Plan
	// Needs returns what a program of some functions reads and opens.
	Needs func(functions []function.Function) (*service.Set, error)
	// Caller lets a program that is Behind know who calls.
	Caller service.Need
}

// New divides the functions of the project, whose module is given, into units. Nothing of
// them is built yet.
func New(o Options, module string) (Plan, error) {
	p := Plan{
		Project: project.NameOf(module),
		Target:  o.Target, Arch: o.Arch, Front: o.Front, Behind: o.Behind, IaC: o.IaC,
	}
	groups := map[string][]function.Function{}
	for _, f := range o.Functions {
		name := strings.ReplaceAll(f.Name, "/", "-")
		if o.Together {
			name = p.Project
		}
		groups[name] = append(groups[name], f)
	}
	for name, functions := range groups {
		u, err := newUnit(o, name, functions)
		if err != nil {
			return Plan{}, err
		}
		p.Units = append(p.Units, u)
	}
	slices.SortFunc(p.Units, func(a, b Unit) int { return cmp.Compare(a.Name, b.Name) })
	chooseSweeper(p.Units)
	return p, nil
}

func newUnit(o Options, name string, functions []function.Function) (Unit, error) {
	u := Unit{Name: name, Functions: functions, Memory: minMemory}
	needs, err := o.Needs(calledByRouter(o, functions))
	if err != nil {
		return Unit{}, err
	}
	u.Needs, u.Vars = needs, variables(needs.Vars(), o)
	streams := false
	for _, f := range functions {
		info := f.Info()
		u.Timeout = max(u.Timeout, info.Timeout)
		u.Memory = max(u.Memory, info.Memory)
		streams = streams || info.Stream
	}
	// The function's own deadline comes first, and is answered.
	u.Timeout = min((u.Timeout+time.Second-1).Truncate(time.Second)+time.Second, maxTimeout)
	u.Memory = min(u.Memory, maxMemory)
	if len(functions) == 1 {
		u.Reserved, u.Conns = maxConcurrent(functions[0]), conns(o, functions[0])
	}
	u.Stream = o.Together && o.Front == URL || streams && !o.Together
	u.Routed = o.Front == HTTPAPI && !u.Stream && len(u.Routes()) > 0
	u.URL = !u.Routed || u.Jobs()
	return u, nil
}

// calledByRouter returns the functions as they are where only a router calls them.
func calledByRouter(o Options, functions []function.Function) []function.Function {
	if !o.Behind {
		return functions
	}
	changed := slices.Clone(functions)
	for i := range changed {
		if !changed[i].Info().Kind.Durable() {
			changed[i].Admits, changed[i].Limits = o.Caller, nil
		}
	}
	return changed
}

// variables returns those of all that mean something where a package runs. The others
// are about a listener, set by the platform and by what describes the package to it, or
// for the router that alone calls the package: it tells browsers what they may do.
func variables(all []service.Use, o Options) []service.Use {
	idle := []string{"HOST", "PORT", "RAILWAY_DEPLOYMENT_ID", "RAILWAY_ENVIRONMENT_ID", "METRICS_TOKEN", "LAMBDA_RESPONSE_STREAM", "SWITCHYARD_REMOTE"}
	if o.Target == Lambda {
		idle = append(idle, "DRAIN_DELAY", "DRAIN_TIMEOUT", "MEMORY_LIMIT", "CLIENT_IP_HEADER", "TRUSTED_PROXIES", "LOG_FORMAT", "INNGEST_CONNECT", "INNGEST_SERVE_ORIGIN", "INNGEST_SERVE_UNTRIED")
	} else {
		idle = append(idle, "LAMBDA_BASE_PATH", "LAMBDA_METRICS")
	}
	public := []string{"BETTER_AUTH_TRUSTED_ORIGINS", "BETTER_AUTH_URL", "HSTS"}
	return slices.DeleteFunc(all, func(u service.Use) bool {
		forBrowsers := o.Behind && slices.Equal(u.By, []string{"router"}) && slices.Contains(public, u.Name)
		return forBrowsers || slices.Contains(idle, u.Name)
	})
}

// maxConcurrent returns the bound that the Spec of f sets, or 0 if it sets none.
func maxConcurrent(f function.Function) int {
	switch s := f.Spec.(type) {
	case fn.Endpoint:
		return s.MaxConcurrent
	case fn.Page:
		return s.MaxConcurrent
	}
	return 0
}

// conns returns the bound on connections that the Spec of f sets, or 0 if Lambda's own is as
// low. In a container the program keeps it.
func conns(o Options, f function.Function) int {
	if n := f.Info().MaxConns; o.Target == Lambda && n < lambdaConns {
		return n
	}
	return 0
}

// chooseSweeper chooses the unit that does what is done in the background elsewhere: one that can
// send events, rather one that also has what signing in leaves behind, and then rather
// one that nobody waits for.
func chooseSweeper(units []Unit) {
	chosen, best := -1, 0
	for i, u := range units {
		worth := 0
		for _, name := range u.Needs.Services() {
			worth += map[string]int{"events": 4, "auth/betterauth": 2}[name]
		}
		if worth > 0 && u.Jobs() {
			worth++
		}
		if worth > best {
			chosen, best = i, worth
		}
	}
	if chosen >= 0 {
		units[chosen].Sweeps = true
	}
}
