package cli

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/version"
)

// What the verbs that write source say is what the tool says, and so is the status.
func TestTool(t *testing.T) {
	t.Parallel()
	for args, tt := range map[string]struct {
		status int
		want   string
	}{
		"init --help":              {exitOK, "router init ../orders --module example.com/acme/orders"},
		"new --help":               {exitOK, "router new endpoint notes/list"},
		"own --version":            {exitOK, version.Module() + " "},
		"own -h":                   {exitOK, "router own pages/signin"},
		"init there":               {exitUsage, `required flag(s) "module" not set`},
		"new thing a":              {exitUsage, `there is no kind "thing": want endpoint, page, job or schedule`},
		"init . --module net/http": {exitFailure, "is not empty"},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			out, errOut, status := verb(t, os.Environ(), strings.Fields(args)...)
			if status != tt.status || !strings.Contains(out+errOut, tt.want) || strings.Contains(out+errOut, "router: ") {
				t.Errorf("status %d, want %d and %q in:\n%s%s", status, tt.status, tt.want, out, errOut)
			}
		})
	}
}

// The tool is that of the module here, else of the release that the router is of.
func TestFindTool(t *testing.T) {
	p := testProgram(nil)
	p.Ctx = t.Context()
	name := version.Module() + "/router/internal/switchyard"
	if command, err := p.findTool("v0.1.0"); err != nil || !slices.Equal(command, []string{"tool", name}) {
		t.Errorf("in the checkout: %q, %v", command, err)
	}
	t.Chdir(t.TempDir())
	if command, err := p.findTool("v0.1.0"); err != nil || !slices.Equal(command, []string{"run", name + "@v0.1.0"}) {
		t.Errorf("elsewhere: %q, %v", command, err)
	}
	if _, err := p.findTool(""); err == nil || !strings.Contains(err.Error(), "run it inside a project, or a checkout of") {
		t.Errorf("built from a folder: %v", err)
	}
	if err := os.WriteFile("go.mod", []byte("modul x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.findTool(""); err == nil || !strings.Contains(err.Error(), "unknown directive: modul") {
		t.Errorf("a broken go.mod: %v", err)
	}
	t.Setenv("PATH", "")
	var errOut bytes.Buffer
	if status := Run(t.Context(), catalog.Program(), []string{"new", "page", "a"}, nil, nil, &errOut); status != exitFailure || !strings.Contains(errOut.String(), "it is not in the PATH") {
		t.Errorf("no go command: status %d, %s", status, &errOut)
	}
}
