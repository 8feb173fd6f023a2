package scaffold_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/scaffold"
	"switchyard/router/internal/scaffold/own"
	"switchyard/router/internal/scaffold/scaffoldtest"
	"switchyard/router/internal/scaffold/source"
	"switchyard/router/internal/version"
)

// project is a new project.
type project struct {
	t    *testing.T
	root string
}

// begin makes a project, which builds.
func begin(t *testing.T, bare bool) project {
	t.Helper()
	p := project{t, filepath.Join(t.TempDir(), "orders")}
	err := scaffold.Init(t.Context(), scaffold.Options{Dir: p.root, Module: "example.com/acme/orders", Name: "Acme Orders", Bare: bare, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p.run("go", "build", "./...")
	t.Logf("built after another %s", time.Since(began).Round(time.Second/10))
	p.run("go", "mod", "tidy", "-diff")
	return p
}

// run runs a command in the project, which has to succeed, and returns what it prints.
func (p project) run(name string, args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), name, args...)
	cmd.Dir = p.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// has fails the test unless the text has all that is wanted.
func (p project) has(text string, wants ...string) {
	p.t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			p.t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs other programs for minutes, in which the race detector sees nothing")
	}
	p := begin(t, false)
	p.has(p.run("go", "run", "./router", "functions"), "POST /api/notes", "note/added", "30 4 * * *", "/{$}", "pages/signin", "/account")
	p.has(p.run("go", "run", "./router", "env"), "BETTER_AUTH_SECRET")
	p.addFunctions("GET /api/notes", "signed-in")
	p.run("go", "tool", "switchyard", "new", "page", "about", "--access", "public")
	p.ownAll()
	p.run("go", "vet", "./...")
	p.has(p.run("go", "run", "./router", "check"), "catalog: ok")
	// Of what was lent one stands for all.
	p.run("go", "test", "./functions/.../notes/...", "./functions/pages/home", "./functions/pages/about", "./functions/pages/signin")
}

func TestBareProject(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs other programs for minutes, in which the race detector sees nothing")
	}
	p := begin(t, true)
	p.has(p.run("go", "run", "./router", "functions"), "POST /api/notes", "note/added", "30 4 * * *")
	for line := range strings.Lines(p.run("go", "run", "./router", "env")) {
		if strings.HasPrefix(line, "BETTER_AUTH_SECRET") && strings.Contains(line, "MISSING") {
			t.Errorf("it is asked for a secret: %s", line)
		}
	}
	if text := scaffoldtest.Files(t, filepath.Join(p.root, "router/catalog"))["schema_gen.hcl"]; strings.Contains(text, `table "user"`) {
		t.Errorf("there are users:\n%s", text)
	}
	p.addFunctions("GET /api/notes", "public")
	p.run("go", "tool", "switchyard", "new", "page", "about", "--access", "public")
	p.run("go", "vet", "./...")
	p.run("go", "test", "./...")
}

// addFunctions adds a function of each kind but a page, one of them while the project
// does not compile.
func (p project) addFunctions(route, access string) {
	p.t.Helper()
	p.run("go", "tool", "switchyard", "new", "endpoint", "notes/list", "--route", route, "--access", access, "--field", "notes,db,bucket")
	p.run("go", "tool", "switchyard", "new", "job", "notes/welcome", "--event", "note/added", "--field", "notes,mail")
	// Names that mean something else in the source, or in the test.
	p.run("go", "tool", "switchyard", "new", "endpoint", "odd/err", "--route", "POST /api/odd/{body}/{id}/{ID}", "--access", access, "--field", "db")
	p.run("go", "tool", "switchyard", "new", "job", "odd/nil_t", "--event", "note/added")
	broken := filepath.Join(p.root, "shared/notes/broken.go")
	scaffoldtest.Put(p.t, broken, "package notes\n\nvar x int = \"this is no number\"\n")
	out := p.run("go", "tool", "switchyard", "new", "schedule", "notes/report", "--cron", "0 6 * * 1")
	p.has(out, "The catalog is as it was", "broken.go")
	p.run("rm", broken)
	p.run("go", "generate", "./...")
	p.has(p.run("go", "run", "./router", "functions"), route, "jobs/notes/welcome", "0 6 * * 1")
}

// ownAll makes the source of all lent functions the project's own: they import nothing
// that is closed to it.
func (p project) ownAll() {
	p.t.Helper()
	p.has(p.run("go", "tool", "switchyard", "own", "pages/signin"), "functions/pages/signin is this project's own now")
	s, err := source.Open(p.t.Context(), p.root, version.Module())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range s.Functions() {
		if f.Lent == "" {
			continue
		}
		err := own.Own(p.t.Context(), own.Options{
			Root: p.root, Framework: version.Module(), Name: f.Name, Out: p.t.Output(),
			Generate: func(context.Context) error { return nil },
		})
		if err != nil {
			p.t.Errorf("%s: %v", f.Name, err)
		}
	}
	p.run("go", "generate", "./...")
	for name, text := range scaffoldtest.Files(p.t, filepath.Join(p.root, "functions")) {
		if strings.HasSuffix(name, ".go") && strings.Contains(text, version.Module()+"/functions/") {
			p.t.Errorf("%s still imports a function of the framework", name)
		}
	}
}

// Init that is stopped says so, and that nothing is left.
func TestStopped(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "orders")
	ctx, stop := context.WithCancel(t.Context())
	err := scaffold.Init(ctx, scaffold.Options{Dir: dir, Module: "example.com/acme/orders", Out: stopper(stop)})
	if err == nil || !strings.Contains(err.Error(), "nothing is left in "+dir) || strings.Contains(err.Error(), "signal:") {
		t.Errorf("init says %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

// stopper stops whoever says that a command is run that takes long.
type stopper func()

func (stop stopper) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "generating") {
		time.AfterFunc(500*time.Millisecond, stop)
	}
	return len(line), nil
}
