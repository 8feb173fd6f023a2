package packtest

import (
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
)

// Catalog returns plans of this project's own functions for a target, in every way there is.
func Catalog(t *testing.T, target string) map[string]plan.Plan {
	t.Helper()
	plans := map[string]plan.Plan{}
	for name, o := range map[string]plan.Options{
		"each":            {Front: plan.HTTPAPI},
		"each, by URL":    {Front: plan.URL},
		"all":             {Front: plan.HTTPAPI, Together: true},
		"all, by one URL": {Front: plan.URL, Together: true},
	} {
		all := catalog.Program().Functions // a program of its own: describing it reads its settings
		o.Functions, o.Target, o.Arch, o.Needs = all, target, "arm64", Needs(all)
		p, err := plan.New(o, "example.com/shop")
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Units {
			p.Units[i].Zip = p.Units[i].Name + ".zip"
		}
		plans[name] = p
	}
	return plans
}

// Needs returns what tells the needs of some of a program's functions.
func Needs(all []function.Function) func([]function.Function) (*service.Set, error) {
	return func(some []function.Function) (*service.Set, error) {
		a, err := app.New(program.Program{Functions: all}, some, app.Parts{})
		if err != nil {
			return nil, err
		}
		return a.Needs, nil
	}
}
