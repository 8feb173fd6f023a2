package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"switchyard/router/catalog"
)

func TestPackageIsToldWhat(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"nothing":         {nil, "say what to package: --function PATTERN, --each or --all"},
		"each and some":   {[]string{"--each", "--function", "api/**"}, "--each is every function"},
		"each and all":    {[]string{"--each", "--all"}, "[each all] are set none of the others can be"},
		"misspelt":        {[]string{"--function", "api/keys/craete"}, "there are api/keys/create"},
		"front of none":   {[]string{"--all", "--target", "container", "--front", "url"}, "--front and --iac are of Lambda"},
		"iac of none":     {[]string{"--all", "--target", "container", "--iac", "terraform"}, "--front and --iac are of Lambda"},
		"another machine": {[]string{"--all", "--arch", "riscv64"}, `invalid argument "riscv64" for "--arch" flag: want one of arm64, amd64`},
	} {
		var out, errOut bytes.Buffer
		status := Run(t.Context(), catalog.Program(), append([]string{"package"}, tt.args...), nil, &out, &errOut)
		if status != exitUsage || !strings.Contains(errOut.String(), tt.want) {
			t.Errorf("%s: got status %d, %q, want %q", name, status, errOut.String(), tt.want)
		}
	}
}

// From a folder of the repository it packages, with names relative to that folder;
// elsewhere it says what it needs.
func TestPackage(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	args := []string{"package", "--function", "pages/goodbye", "--arch", runtime.GOARCH, "--out"}
	t.Chdir(filepath.Join(root, "functions", "pages"))
	below, err := filepath.Rel(filepath.Join(root, "functions", "pages"), out)
	if err != nil {
		t.Fatal(err)
	}
	var table, errOut bytes.Buffer
	if status := Run(t.Context(), catalog.Program(), append(args, below), os.Environ(), &table, &errOut); status != exitOK {
		t.Fatalf("got status %d\n%s", status, errOut.String())
	}
	for _, want := range []string{"pages-goodbye  1", "11s", "512 MiB", "Packages in " + below + ": 1, for linux/" + runtime.GOARCH + ", of "} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the summary has no %q:\n%s", want, table.String())
		}
	}
	if info, err := os.Stat(filepath.Join(out, "pages-goodbye.zip")); err != nil || info.Size() >= 5_000_000 {
		t.Errorf("got %v, %v, want a zip of less than 5 MB", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(out, "template.yaml")); err != nil || !strings.Contains(string(text), "CodeUri: pages-goodbye.zip") {
		t.Errorf("no template that describes it is there: %v", err)
	}
	t.Chdir(out)
	errOut.Reset()
	if status := Run(t.Context(), catalog.Program(), append(args, "x"), os.Environ(), io.Discard, &errOut); status != exitFailure ||
		!strings.Contains(errOut.String(), "needs a project's source") {
		t.Errorf("elsewhere: got status %d, %q", status, errOut.String())
	}
}
