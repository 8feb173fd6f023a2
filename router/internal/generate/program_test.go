package generate_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchyard/router/internal/generate"
)

var programDir string //nolint:gochecknoglobals // set by TestMain, which removes it

// program builds what go generate runs, once.
//
//nolint:gochecknoglobals // it takes some seconds
var program = sync.OnceValues(func() (string, error) {
	file := filepath.Join(programDir, "catalog")
	out, err := exec.Command("go", "build", "-o", file, "../switchyard").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return file, nil
})

// start runs the program in root, and returns what it prints.
func start(t *testing.T, root string, args ...string) (out string, ok bool) {
	t.Helper()
	return startWith(t, root, filepath.Join(programDir, "cache"), args...)
}

// startWith is [start], where what the program remembers is in the folder cache.
func startWith(t *testing.T, root, cache string, args ...string) (out string, ok bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs another program, in which the race detector sees nothing")
	}
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), file, append([]string{"generate"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "XDG_CACHE_HOME="+cache)
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

const pageSource = `package web

templ Page(name string) {
	<p>Hello, { name }</p>
}
`

const lonelyJob = `package lonely

import (
	"context"

	"example.com/yard/shared/fn"
)

var Spec = fn.Job{Events: []string{"somewhere/else"}, If: "event.data.a == 1"}

type Function struct{}

type Input struct{}

func (Function) Handle(ctx context.Context, in *Input) (*Input, error) { return nil, nil }
`

// One line says what was done, for templates wherever they are and for the catalog.
func TestProgram(t *testing.T) {
	t.Parallel()
	root := newModule(t, map[string]string{"web/page.templ": pageSource, "web/testdata/not.templ": "package", "web/gone_templ.go": "package web\n"})
	says := func(step, want string, wantOK bool, args ...string) {
		t.Helper()
		if got, ok := start(t, root, args...); got != want || ok != wantOK {
			t.Errorf("%s: got %t and\n%s\nwant %t and\n%s", step, ok, got, wantOK, want)
		}
	}
	const counts = "0 functions, 3 services, 0 events, 1 templates: "
	says("the first time", counts+"wrote web/gone_templ.go, web/page_templ.go, router/catalog/catalog_gen.go, router/catalog/schema_gen.hcl\n", true)
	says("again", counts+"all is fresh\n", true)

	write(t, root, "functions/jobs/lonely/lonely.go", lonelyJob)
	says("with a job", "warning: functions/jobs/lonely/lonely.go:9: nobody publishes the event \"somewhere/else\": if it comes from outside, "+
		"give it a type in shared/ with a method EventName that embeds events.FromMachine or events.FromWebhook, and take that as the Input\n"+
		"1 functions, 3 services, 1 events, 1 templates: wrote router/catalog/catalog_gen.go\n", true)

	write(t, root, "functions/jobs/lonely/lonely.go", strings.Replace(lonelyJob, "==", "=", 1))
	if out, ok := start(t, root); ok || !strings.HasPrefix(out, `functions/jobs/lonely/lonely.go:9: If "event.data.a = 1" is not understood`) {
		t.Errorf("with a wrong expression: got %t and\n%s", ok, out)
	}
	write(t, root, "web/page.templ", strings.Replace(pageSource, "</p>", "", 1))
	if out, ok := start(t, root); ok || !strings.HasPrefix(out, "web/page.templ:5: ") {
		t.Errorf("with a wrong template: got %t and\n%s", ok, out)
	}
	if out, ok := start(t, t.TempDir()); ok || !strings.Contains(out, "run it inside a checkout") {
		t.Errorf("outside of a module: got %t and\n%s", ok, out)
	}
}

// What it says is the same whether it remembers the last time or not, whatever has changed.
func TestProgramRemembers(t *testing.T) {
	t.Parallel()
	root := newModule(t, map[string]string{"functions/jobs/lonely/lonely.go": lonelyJob, "web/page.templ": pageSource})
	if out, ok := start(t, root); !ok {
		t.Fatal(out)
	}
	remove := func(name string) func() {
		return func() { _ = os.Remove(filepath.Join(root, name)) }
	}
	edit := func(name, old, text string) func() {
		return func() { write(t, root, name, strings.Replace(read(t, filepath.Join(root, name)), old, text, 1)) }
	}
	steps := []struct {
		name string
		do   func()
	}{
		{"nothing has changed", func() {}},
		{"a comment of a function", edit("functions/jobs/lonely/lonely.go", "package lonely\n", "package lonely\n\n// New.\n")},
		{"a tag of a function that is wrong", edit("functions/jobs/lonely/lonely.go", "struct{}\n\nfunc", "struct { A string `json:\"a\" maxLenght:\"1\"` }\n\nfunc")},
		{"the tag is right", edit("functions/jobs/lonely/lonely.go", "maxLenght", "maxLength")},
		{"a service that is none any more", edit("shared/db/db.go", "func Open(", "func Opened(")},
		{"it is again", edit("shared/db/db.go", "func Opened(", "func Open(")},
		{"the catalog was edited", edit(generate.Output, "package catalog\n", "package catalog // edited\n")},
		{"what was made of a template is gone", remove("web/page_templ.go")},
		{"a template is gone", remove("web/page.templ")},
		{"the path of the framework's own module in go.mod", edit("go.mod", "// a comment", "// another")},
		{"a function is gone", remove("functions/jobs/lonely/lonely.go")},
	}
	for _, step := range steps {
		step.do()
		for range 2 { // at first something may be stale
			remembering, ok := start(t, root, "--check")
			forgetting, want := startWith(t, root, t.TempDir(), "--check")
			if remembering != forgetting || ok != want {
				t.Errorf("%s: it remembers, and says %t and\n%s\nwant %t and\n%s", step.name, ok, remembering, want, forgetting)
			}
			if strings.HasSuffix(forgetting, "all is fresh\n") {
				break
			}
			start(t, root)
		}
	}
}

// What the router learns from the program.
func TestRun(t *testing.T) {
	t.Parallel()
	root := newModule(t, map[string]string{"functions/jobs/lonely/lonely.go": lonelyJob, "web/page.templ": pageSource})
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	// The go.mod of a project names the tool; here it is the one that was built.
	run := func(ctx context.Context, name string, args ...string) (string, error) {
		if got := []string{name, args[0], args[1]}; !slices.Equal(got, []string{"go", "tool", "switchyard"}) {
			t.Errorf("it ran %q", got)
		}
		cmd := exec.CommandContext(ctx, file, args[2:]...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	check := func() (generate.Result, error) { return generate.Run(t.Context(), run, true) }
	got, err := check()
	if want := []string{"web/page_templ.go", generate.Output, generate.SchemaOutput}; err != nil || !slices.Equal(got.Changed, want) || len(got.Warnings) != 1 {
		t.Errorf("got %+v, %v, want %v and a warning", got, err, want)
	}
	if _, err := os.Stat(filepath.Join(root, generate.Output)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a check wrote the catalog: %v", err)
	}
	write(t, root, "functions/jobs/lonely/lonely.go", strings.Replace(lonelyJob, "==", "=", 1))
	if _, err := check(); err == nil || !strings.HasPrefix(err.Error(), "functions/jobs/lonely/lonely.go:9: If ") {
		t.Errorf("with a wrong expression: got %v", err)
	}
	broken := func(context.Context, string, ...string) (string, error) {
		return "undefined: nothing", errors.New("exit status 1")
	}
	if _, err := generate.Run(t.Context(), broken, true); err == nil || !strings.Contains(err.Error(), "undefined: nothing") {
		t.Errorf("with a tool that does not compile: got %v", err)
	}
}

// A project whose go.mod names the tool generates with it, though nothing of it compiles
// yet.
func TestTool(t *testing.T) {
	t.Parallel()
	root := newProject(t, map[string]string{
		"functions/pages/signin/signin.go": lend("functions/pages/signin", "signin.Spec"),
		"router/main.go":                   "package main\n\n//go:generate go tool switchyard generate\n\nfunc main() { nothing() }\n",
	})
	framework, _ := frameworkModule(t)
	write(t, root, "go.mod", read(t, filepath.Join(root, "go.mod"))+"\ntool "+framework+"/router/internal/switchyard\n")
	cmd := exec.CommandContext(t.Context(), "go", "generate", "./...")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 functions, ") {
		t.Errorf("got %v\n%s", err, out)
	}
	if catalog := read(t, filepath.Join(root, generate.Output)); !strings.Contains(catalog, `"pages/signin"`) {
		t.Errorf("the function is not in the catalog:\n%s", catalog)
	}
}
