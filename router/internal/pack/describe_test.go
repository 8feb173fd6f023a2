package pack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/pack"
	"switchyard/router/internal/pack/packtest"
)

// TestDescribeAgain describes five Lambdas in a folder, then two of them: Terraform would
// read what is left of the others.
func TestDescribeAgain(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	p := packtest.Plans()["each"]
	p.IaC = "terraform"
	mine := filepath.Join(out, "backend.tf")
	if err := os.WriteFile(mine, []byte("# somebody else's\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pack.Describe(p, out); err != nil {
		t.Fatal(err)
	}
	p.Units = p.Units[2:4]
	if err := pack.Describe(p, out); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{
		"api.tf", "backend.tf", "lambda_pages_assets.tf", "lambda_pages_live.tf", "main.tf", "outputs.tf", "variables.tf",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
