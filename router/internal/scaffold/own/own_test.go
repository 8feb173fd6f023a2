package own_test

import (
	"context"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/router/internal/scaffold/own"
	"switchyard/router/internal/scaffold/scaffoldtest"
)

func newProject(t *testing.T) (root string, options func(name string) own.Options) {
	t.Helper()
	root = filepath.Join(scaffoldtest.Write(t, "testdata/project.txtar"), "project")
	return root, func(name string) own.Options {
		return own.Options{
			Root: root, Framework: "example.com/sw", Name: name, Out: t.Output(),
			Generate: func(context.Context) error { return nil },
		}
	}
}

func TestOwn(t *testing.T) {
	t.Parallel()
	root, options := newProject(t)
	for _, name := range []string{"functions/pages/signin/", "pages/tested"} {
		if err := own.Own(t.Context(), options(name)); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(root, "functions/pages")
	files := scaffoldtest.Files(t, folder)
	for _, name := range []string{"closed/closed.go", "more/more.go", "loop/loop.go", "mine/mine.go"} {
		delete(files, name)
	}
	want := []string{
		"signin/internal/form/form.go", "signin/signin.go", "signin/signin.templ", "signin/signin_test.go", "signin/testdata/a.txt",
		"tested/tested.go",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
	for name, text := range files {
		if strings.Contains(text, "sw/functions") {
			t.Errorf("%s has an old path:\n%s", name, text)
		}
	}
	const imports = "\t\"example.com/sw/shared/fn\"\n\n\t\"example.com/acme/orders/functions/pages/signin/internal/form\"\n)"
	if !strings.Contains(files["signin/signin.go"], imports) {
		t.Errorf("its own imports do not stand apart:\n%s", files["signin/signin.go"])
	}
	const spec = "// Spec says so.\nvar Spec = fn.Page{\n\tRoute:   \"/enter\",\n\tSummary: \"Sign in\",\n\tTimeout: 2 * limits.Wait,\n}\n"
	if !strings.Contains(files["signin/signin.go"], spec) {
		t.Errorf("the Spec is not what it was changed to:\n%s", files["signin/signin.go"])
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./functions/pages/signin/...", "./functions/pages/tested/...")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	root, options := newProject(t)
	before := scaffoldtest.Files(t, root)
	for name, want := range map[string]string{
		"pages/mine":   "is this project's own already",
		"pages/sigin":  "did you mean pages/signin?",
		"pages/xyz":    "lent are pages/closed, pages/loop, pages/more, pages/signin, pages/tested",
		"pages/closed": "closed.go imports example.com/sw/internal/closed, which is closed to other modules",
		"pages/more":   "says more than Spec and Function",
		"pages/loop":   "changes the Spec by more than assignments",
	} {
		if err := own.Own(t.Context(), options(name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if after := scaffoldtest.Files(t, root); !maps.Equal(after, before) {
		t.Error("files have changed")
	}
}
