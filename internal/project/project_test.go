package project_test

import (
	"os/exec"
	"strings"
	"testing"

	"switchyard/internal/project"
)

func TestNameOf(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]string{
		"shop":                   "shop",
		"example.com/acme/shop":  "shop",
		"example.com/shop/v2":    "shop",
		"example.com/shop.go/v3": "shop.go",
		"v2":                     "v2",
		"example.com/video":      "video",
	} {
		if got := project.NameOf(module); got != want {
			t.Errorf("%s: got %q, want %q", module, got, want)
		}
	}
}

func TestOwn(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(out))
	if project.Module() != want || project.Name() != project.NameOf(want) {
		t.Errorf("got %q and %q, want what go.mod says", project.Module(), project.Name())
	}
}
