package pack_test

import (
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
)

// TestDesk describes this repository's own functions in every way there is.
func TestDesk(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*pack.Options){
		"each":              func(*pack.Options) {},
		"each, by URL":      func(o *pack.Options) { o.Front = pack.URL },
		"all":               func(o *pack.Options) { o.Together = true },
		"all, by one URL":   func(o *pack.Options) { o.Together, o.Front = true, pack.URL },
		"each, a container": func(o *pack.Options) { o.Target = pack.Container },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := catalog.Program().Functions // describing them reads their settings
			o := pack.Options{
				Functions: all, All: all, Target: pack.Lambda, Arch: "arm64", Front: pack.HTTPAPI,
				Needs: func(some []function.Function) (*service.Set, error) {
					a, err := app.New(program.Program{Functions: all}, some, app.Parts{})
					if err != nil {
						return nil, err
					}
					return a.Needs, nil
				},
			}
			change(&o)
			p, err := pack.NewPlan(o, "example.com/desk")
			if err != nil {
				t.Fatal(err)
			}
			if o.Target == pack.Container {
				_, err := pack.Knative(p)
				if err != nil {
					t.Error(err)
				}
				return
			}
			for i := range p.Units {
				p.Units[i].Zip = p.Units[i].Name + ".zip"
			}
			describeDesk(t, p)
		})
	}
}

func describeDesk(t *testing.T, p pack.Plan) {
	t.Helper()
	text, err := pack.SAM(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range checkTemplate(t, text) {
		t.Error(problem)
	}
	files, err := pack.Terraform(p)
	if err != nil {
		t.Fatal(err)
	}
	checkFormat(t, files)
	checkModule(t, p, files)
}
