// Package lambdatest has what tests of Lambda's events share.
package lambdatest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Samples returns the events that aws-lambda-go tests its types with, by file. One of
// them is malformed, and no JSON.
func Samples(t testing.TB) map[string][]byte {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "events", "testdata", "*.json"))
	if err != nil || len(files) < 80 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
