// Package project_test makes a project as a team would, from a published version of the
// framework, and takes it to the next version.
package project_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var whole = flag.Bool("project", false, "make a project from a published version: it takes minutes") //nolint:gochecknoglobals // go test's flags are global

// TestModule moves a copy of this repository to another path, in which all is as before.
func TestModule(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs other programs for minutes, in which the race detector sees nothing")
	}
	dir := t.TempDir()
	copyRepository(t, dir)
	env, old := append(append(os.Environ(), unmoved()...), "GOWORK=off"), own(t)+"/"
	output(t, dir, env, "go", "vet", "-assign", "./...") // compiles all, and the tests; what vet finds has nothing to do with a path
	for _, module := range []string{".", "bench", "router/tests/faults"} {
		within := filepath.Join(dir, module)
		for path := range strings.Lines(output(t, within, env, "go", "list", "-deps", "-test", "./...")) {
			if strings.HasPrefix(path, old) {
				t.Errorf("%s still needs %s", module, path)
			}
		}
	}
	output(t, dir, env, "go", "run", "./router", "check")
}

// TestProject is what a team does, from the first command to the second version.
func TestProject(t *testing.T) {
	t.Parallel()
	if !*whole {
		t.Skip("make project")
	}
	source, proxy := t.TempDir(), t.TempDir()
	copyRepository(t, source)
	publish(t, proxy, source, "v0.1.0")
	p := project{t: t, dir: filepath.Join(t.TempDir(), "orders"), env: environment(t, proxy)}

	began := time.Now()
	output(t, filepath.Dir(p.dir), p.env, "go", "run", framework+"/router@v0.1.0", "init", "orders", "--module", "example.com/acme/orders")
	t.Logf("init: %s, with an empty module cache", time.Since(began))
	p.works()

	for _, args := range [][]string{
		{"endpoint", "orders/count", "--route", "GET /api/orders/count", "--access", "public", "--field", "db"},
		{"page", "orders", "--route", "GET /orders"},
		{"job", "orders/ship", "--event", "note/added", "--field", "notes"},
		{"schedule", "orders/remind", "--cron", "30 5 * * *"},
	} {
		p.run("go", append([]string{"tool", "switchyard", "new"}, args...)...)
	}
	p.works()
	// For this processor, as all else here is compiled; there is nothing that another could not have.
	p.run("go", "run", "./router", "package", "--each", "--arch", runtime.GOARCH, "--out", t.TempDir())
	output(t, p.dir, append(p.env, "GOARCH=arm64"), "go", "list", "-deps", "./router")
	p.run("go", "run", "./router", "parity")

	p.run("git", "init", "-q")
	p.run("git", "add", "--all")
	p.run("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "first")
	change(t, source)
	publish(t, proxy, source, "v0.2.0")
	p.run("go", "get", framework+"@v0.2.0")
	p.run("go", "generate", "./...")
	for name := range strings.Lines(p.run("git", "status", "--porcelain")) {
		name = strings.TrimSpace(name[len("XY "):])
		if name != "go.mod" && name != "go.sum" && !strings.Contains(name, "_gen.") {
			t.Errorf("the upgrade changed %s", name)
		}
	}
	p.upgraded()
}

// project is a team's, in dir.
type project struct {
	t   *testing.T
	dir string
	env []string
}

func (p project) run(name string, args ...string) string {
	p.t.Helper()
	return output(p.t, p.dir, p.env, name, args...)
}

// works goes through all that one does with a project from day to day.
func (p project) works() {
	p.t.Helper()
	p.run("go", "build", "./...")
	p.run("go", "vet", "./...")
	p.run("go", "test", "./...")
	p.run("go", "run", "./router", "check")
	p.served()
}

// served runs the project and calls every function of it that has a route, as somebody
// who has signed up.
func (p project) served() {
	p.t.Helper()
	s := startDev(p.t, p.dir, p.env)
	defer s.stop()
	s.signIn()
	s.want(http.StatusCreated, http.MethodPost, "/api/notes", `{"text":"Buy milk"}`)
	for _, f := range p.functions() {
		method, path, ok := strings.Cut(f.Route, " ")
		if !ok { // any method
			method, path = http.MethodGet, f.Route
		}
		path = strings.TrimSuffix(path, "{$}")
		if f.Route == "" || strings.Contains(f.Name, "signout") || strings.Contains(f.Name, "goodbye") {
			continue
		}
		if status, text := s.ask(method, path, "{}"); status >= http.StatusInternalServerError {
			p.t.Errorf("%s: %d\n%s", f.Route, status, text)
		}
	}
}

// function is one as `router functions --json` prints it.
type function struct{ Name, Route string }

func (p project) functions() []function {
	p.t.Helper()
	var all []function
	if err := json.Unmarshal([]byte(p.run("go", "run", "./router", "functions", "--json")), &all); err != nil {
		p.t.Fatal(err)
	}
	return all
}

// person is who visits all runs of the project.
const person = `{"name":"Ada","email":"ada@example.com","password":"correct horse battery"}`

// signIn signs up, or in if somebody has done that in a run before.
func (s *site) signIn() {
	s.t.Helper()
	if status, _ := s.ask(http.MethodPost, "/api/auth/sign-up/email", person); status != http.StatusOK {
		s.want(http.StatusOK, http.MethodPost, "/api/auth/sign-in/email", person)
	}
}

// changedText is on a page of the second version.
const changedText = "Version two"

// change makes the second version: a page that is lent says something else, a table has a
// column more, and there is one more service.
func change(t *testing.T, source string) {
	t.Helper()
	edit := func(name, old, replacement string) {
		t.Helper()
		path := filepath.Join(source, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %q", name, old)
		}
		write(t, path, []byte(strings.Replace(string(text), old, replacement, 1)))
	}
	edit("functions/pages/signin/signin.go", `Title: "Sign in"`, `Title: "`+changedText+`"`)
	edit("shared/mail/schema.hcl", "table \"mail\" {\n", "table \"mail\" {\n  column \"note\" {\n    null = true\n    type = text\n  }\n")
	write(t, filepath.Join(source, "shared", "clock", "clock.go"), []byte(`// Package clock tells the time.
package clock

import (
	"context"
	"time"
)

// Clock tells the time.
type Clock struct{}

// Open returns a clock.
func Open(context.Context) (*Clock, error) { return &Clock{}, nil }

// Now returns the time.
func (*Clock) Now() time.Time { return time.Now() }
`))
}

// upgraded checks that the project has the second version and its old data.
func (p project) upgraded() {
	p.t.Helper()
	p.run("go", "build", "./...")
	p.run("go", "vet", "./...")
	p.run("go", "test", "./...")
	s := startDev(p.t, p.dir, p.env)
	defer s.stop()
	if text := s.want(http.StatusOK, http.MethodGet, "/sign-in", ""); !strings.Contains(text, changedText) {
		p.t.Errorf("the page is that of the first version:\n%s", text)
	}
	s.want(http.StatusOK, http.MethodPost, "/api/auth/sign-in/email", person)
	if text := s.want(http.StatusOK, http.MethodGet, "/", ""); !strings.Contains(text, "Buy milk") {
		p.t.Errorf("the note is gone:\n%s", text)
	}
}
