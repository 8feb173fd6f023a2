package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/router/internal/apart"
	"switchyard/router/internal/app"
	"switchyard/router/internal/app/parts"
	"switchyard/router/internal/function"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

// apart is the hidden verb of the processes in which functions run apart from their router. Its
// argument is there for lists of processes; what to serve it receives from the router.
func (p *process) apart() *cobra.Command {
	return &cobra.Command{
		Use:    "apart GROUP",
		Short:  "What a router starts itself with, for functions that run apart.",
		Hidden: true,
		Long: `A router starts this verb itself: see router serve --help.

Example:
  router serve --apart 'api/reports/**'`,
		Args: cobra.ExactArgs(1),
		RunE: func(*cobra.Command, []string) error { return p.runApart() },
	}
}

// runApart serves the functions that the parent names.
func (p *process) runApart() error {
	child, err := apart.Receive()
	if err != nil {
		return err
	}
	if err := child.Limit(); err != nil {
		return err
	}
	ctx, stop := child.Follow(p.Ctx)
	defer stop()
	var mine []function.Function
	for _, f := range p.of.Functions {
		if slices.Contains(child.Functions, f.Name) {
			mine = append(mine, f)
		}
	}
	has := parts.All()
	has.Schema, has.Docs = nil, nil // the parent minds the tables, and shows the API
	a, err := app.New(p.of, mine, has)
	if err != nil {
		return err
	}
	addCallers(a)
	of := app.Child{Group: child.Group, Listener: child.Listener, Release: child.Release, Drains: child.Drains}
	return a.RunChild(ctx, of, child.Getenv(p.Getenv), p.Out)
}

// apartOf reads which of the functions run apart: those that patterns or SWITCHYARD_APART
// name, and those whose Spec says so. What is malformed is reported when the app is
// configured.
func (p *process) apartOf(some []function.Function, patterns []string) ([]apart.Group, error) {
	c := config.Read[config.Apart](config.NewReader(p.Getenv))
	elsewhere := config.Read[config.Placement](config.NewReader(p.Getenv))
	patterns = slices.Concat(patterns, c.Groups)
	if err := checkPatterns(patterns, p.of.Functions); err != nil {
		return nil, fmt.Errorf("find what is to run apart: %w", err)
	}
	return apart.Plan(some, patterns, func(name string) bool { return elsewhere.Functions[name] != nil })
}

// addApart adds what runs functions apart, if there are any. It returns the environment as
// the app is to see it: all processes share the connections to the database. On AWS Lambda
// each is apart already.
func (p *process) addApart(a *app.App, patterns []string) (getenv func(string) string, err error) {
	groups, err := p.apartOf(a.Functions, patterns)
	if err != nil || len(groups) == 0 || p.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return p.Getenv, err
	}
	a.Children = len(groups)
	own, each := share(config.Read[config.Database](config.NewReader(p.Getenv)).MaxConns, withDatabase(groups))
	env := service.NewEnv[config.Apart]()
	a.Needs.Add("router", service.New("apart", func(ctx context.Context) (*apart.Supervisor, error) {
		return apart.Open(ctx, apart.Config{
			Groups: groups, Apart: env.Value, Trust: a.Server.Value.Trust(), Drain: a.Server.Value.DrainDelay + a.Server.Value.DrainTimeout,
			Scrape: a.Server.Value.MetricsToken != "", Set: apartEnvironment(each),
			Environ: goEnvironment(p.Environ),
		})
	}, env, a.Server))
	return func(name string) string {
		if name == "DATABASE_MAX_CONNS" {
			return strconv.Itoa(own)
		}
		return p.Getenv(name)
	}, nil
}

// apartEnvironment returns the variables of processes that are not as the router's.
func apartEnvironment(conns int) map[string]string {
	return map[string]string{
		"LOG_FORMAT":         "json", // for the router to pass on
		"DRAIN_DELAY":        "0s",   // the router has no more calls for them when it ends them
		"METRICS_TOKEN":      "",
		"SWITCHYARD_APART":   "",
		"SWITCHYARD_REMOTE":  "", // the router hands on what runs elsewhere
		"INNGEST_CONNECT":    "", // and what Inngest calls
		"DATABASE_MAX_CONNS": strconv.Itoa(conns),
	}
}

// goEnvironment returns the environment of the processes with what Go itself reads there:
// GOMEMLIMIT is of the router alone, and unless GOMAXPROCS says how many processors each has,
// half of them are left to the others. Go is made for two at least, where there are two.
func goEnvironment(environ []string) []string {
	const memory, procs = "GOMEMLIMIT=", "GOMAXPROCS="
	env := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool { return strings.HasPrefix(kv, memory) })
	if slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, procs) }) {
		return env
	}
	all := runtime.GOMAXPROCS(0)
	return append(env, procs+strconv.Itoa(min(all, max(2, all/2))))
}

// withDatabase returns how many of the groups use the database.
func withDatabase(groups []apart.Group) (n int) {
	for _, g := range groups {
		if slices.Contains(function.Needs(g.Functions).Services(), "db") {
			n++
		}
	}
	return n
}

// share divides the connections to the database: half of them are the router's own, and each
// of the groups that use it has its share of the others. Nobody has fewer than two.
func share(all, groups int) (own, each int) {
	const least = 2
	if all = cmp.Or(all, 10); groups == 0 {
		return all, least
	}
	each = max(all/2/groups, least)
	return max(all-each*groups, least), each
}
