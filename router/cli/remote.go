package cli

import (
	"context"
	"fmt"
	"slices"

	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/remote"
	"switchyard/router/internal/service"
	"switchyard/shared/auth/caller"
	"switchyard/shared/config"
)

// elsewhere reads which functions run elsewhere. What is malformed is reported when the
// app is configured; until then it counts as not set.
func elsewhere(getenv func(string) string, all []function.Function) (config.Remote, error) {
	c := config.Read[config.Remote](config.NewReader(getenv))
	for _, name := range c.Functions.Names() {
		if !slices.ContainsFunc(all, func(f function.Function) bool { return f.Name == name }) {
			return c, program.UsageError(fmt.Sprintf("SWITCHYARD_REMOTE names %q, and there is no such function; there are %s", name, near(name, all)))
		}
	}
	return c, nil
}

// addElsewhere adds what the router needs to send calls to functions that run elsewhere,
// or to believe another router that sends them here. A router does not do both, so that
// who has taken over a function can call those beside it as anybody, but none of these.
func addElsewhere(a *app.App, c config.Remote) {
	a.Needs.Add("router", a.Placement)
	switch {
	case remote.Any(a.Program.Functions, c):
		env := service.NewEnv[config.Remote]()
		a.Needs.Add("router", service.New("remote", func(ctx context.Context) (*remote.Forwarder, error) {
			return remote.Open(ctx, remote.Config{Remote: env.Value, Catalog: a.Program.Functions})
		}, env))
	case c.Key != "":
		addCallers(a)
	}
}

// addCallers adds what believes another router that sends calls here.
func addCallers(a *app.App) {
	env := service.NewEnv[config.Caller]()
	a.Needs.Add("router", service.New("auth/caller", func(ctx context.Context) (*caller.Caller, error) {
		return caller.Open(ctx, env.Value)
	}, env))
}
