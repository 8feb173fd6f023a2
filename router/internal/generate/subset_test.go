package generate_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
)

const callerSource = `// Package caller says who calls.
package caller

import "context"

type Caller struct{}

func Open(context.Context) (*Caller, error) { return &Caller{}, nil }
`

// What a catalog of some functions imports, and that it compiles.
func TestSubset(t *testing.T) {
	t.Parallel()
	files := archive(t, "testdata/kinds.txtar")
	files["shared/auth/caller/caller.go"] = callerSource
	root := newModule(t, files)
	generated(t, root)
	tests := map[string]struct {
		o    generate.SubsetOptions
		want []string // of this module, but for those of the router
	}{
		"an open page": {
			generate.SubsetOptions{Functions: []string{"pages/files/home"}},
			[]string{"functions/pages/files/home"},
		},
		"a closed page": {
			generate.SubsetOptions{Functions: []string{"go"}},
			[]string{"functions/go", "shared/auth/betterauth", "shared/db"},
		},
		"a closed page behind a router": {
			generate.SubsetOptions{Functions: []string{"go"}, Behind: true},
			[]string{"functions/go", "shared/auth/caller"},
		},
		"machines behind a router": {
			generate.SubsetOptions{Functions: []string{"api/machine"}, Behind: true},
			[]string{"functions/api/machine", "shared/auth/caller"},
		},
		"a schedule, whose host needs more than it does": {
			generate.SubsetOptions{Functions: []string{"jobs/files/sweep"}},
			[]string{"functions/jobs/files/sweep", "shared/db", "shared/events"},
		},
		"two": {
			generate.SubsetOptions{Functions: []string{"api/machine", "2fa"}},
			[]string{"functions/2fa", "functions/api/machine", "shared/auth/apikey", "shared/auth/betterauth", "shared/db"},
		},
	}
	for name, tt := range tests {
		catalog, err := generate.Subset(t.Context(), root, tt.o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		dir := "router/" + strings.ReplaceAll(name, " ", "")
		dir = strings.ReplaceAll(dir, ",", "")
		write(t, root, dir+"/catalog.go", string(catalog[generate.Output]))
		if got := importsOf(t, root, dir); !slices.Equal(got, tt.want) {
			t.Errorf("%s: it imports %v, want %v", name, got, tt.want)
		}
	}
	vet(t, root, "./router/...")
}

// The types of events are there only for a service that takes them: all of them, with
// what they import.
func TestSubsetWithEvents(t *testing.T) {
	t.Parallel()
	root := newModule(t, archive(t, "testdata/events.txtar"))
	generated(t, root)
	tree, err := generate.Read(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"api/order": true, "jobs/all": false} {
		catalog, err := tree.Subset(generate.SubsetOptions{Functions: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		source := string(catalog[generate.Output])
		if got := strings.Contains(source, "func Events()"); got != want {
			t.Errorf("%s: it has the types of events: %t, want %t\n%s", name, got, want, source)
		}
		write(t, root, fmt.Sprintf("router/%s/catalog.go", filepath.Base(name)), source)
	}
	vet(t, root, "./router/...")
}

func TestSubsetOfWhatThereIsNot(t *testing.T) {
	t.Parallel()
	root := newModule(t, archive(t, "testdata/kinds.txtar"))
	for want, o := range map[string]generate.SubsetOptions{
		"did you mean jobs/files/sweep?":       {Functions: []string{"jobs/files/seep"}},
		"there are 2fa, api/files, api/files/": {Functions: []string{"elsewhere"}},
		"the service shared/auth/caller":       {Functions: []string{"go"}, Behind: true},
	} {
		if _, err := generate.Subset(t.Context(), root, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q in it", o, err, want)
		}
	}
}

// importsOf lists what the package in dir, and its functions, import of this module,
// but for the router's and what belongs to the contract.
func importsOf(t *testing.T, root, dir string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+dir)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), modulePath+"/")
		if ok && !strings.HasPrefix(name, "router/") && !slices.Contains(contract(), name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
