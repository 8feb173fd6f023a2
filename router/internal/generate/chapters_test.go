package generate_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

const scheduleSource = `package NAME

import (
	"context"

	"example.com/yard/shared/fn"
)

var Spec = fn.Schedule{Cron: "0 6 * * *"}

type Function struct{}

func (Function) Handle(context.Context) error { return nil }
`

// listSource is a program that binds each function, and prints its name and how much it needs.
const listSource = `package main

import (
	"fmt"

	"example.com/yard/router/catalog"
)

func main() {
	for _, f := range catalog.Program().Functions {
		if f.Bind() != nil {
			fmt.Println(f.Name, len(f.Needs))
		}
	}
}
`

// sectionSource is a page that is given a section of the environment.
const sectionSource = `package NAME

import (
	"net/http"

	"example.com/yard/shared/config"
	"example.com/yard/shared/fn"
)

var Spec = fn.Page{Route: "GET /NAME", Access: fn.Public}

type Function struct{ Bucket config.Bucket }

func (Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
`

// The catalog of many functions is in chapters, of which a change concerns one, and none is left
// behind.
func TestManyFunctions(t *testing.T) {
	t.Parallel()
	// The import of the first would be called dbService, like the variable of a service.
	names, want := []string{"db/service", "f/limited", "f/section"}, "db/service 2\nf/limited 1\nf/section 1\n"
	files := map[string]string{
		"router/main.go":                  listSource,
		"functions/db/service/service.go": endpointSource("service", "GET /service"),
		"functions/f/limited/limited.go":  limitedSource("limited", "fn.Rate{Limit: 600}", "DB *db.DB"),
		"functions/f/section/section.go":  strings.ReplaceAll(sectionSource, "NAME", "section"),
		"shared/callrate/callrate.go":     callrateSource,
		"shared/callrate/schema.hcl":      callrateTable,
	}
	for i := range 280 {
		name := fmt.Sprintf("f%03d", i)
		files["functions/"+name+"/"+name+".go"] = strings.Replace(scheduleSource, "NAME", name, 1)
		names, want = append(names, name), want+name+" 0\n"
	}
	root := newModule(t, files)
	generated(t, root)
	if got, err := generate.Check(t.Context(), root, expression.Judge); err != nil || len(got.Changed) > 0 {
		t.Errorf("after it was generated: %v, %v", got.Changed, err)
	}
	tree, err := generate.Read(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	subset, err := tree.Subset(generate.SubsetOptions{Functions: names[1:]}) // one chapter begins elsewhere
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := generate.Overlay(root, t.TempDir(), "part", subset)
	if err != nil {
		t.Fatal(err)
	}
	if !testing.Short() { // compiling is slow
		golang(t, root, "build", "-o", os.DevNull, "-overlay", overlay, "./"+generate.PackageProgram)
		if got := golang(t, root, "run", "./router"); got != want {
			t.Errorf("the program has\n%s", got)
		}
	}

	remove := func(names ...string) []string {
		t.Helper()
		for _, name := range names {
			if err := os.RemoveAll(filepath.Join(root, "functions", name)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := generate.Write(t.Context(), root, expression.Judge)
		if err != nil {
			t.Fatal(err)
		}
		return got.Changed
	}
	if got := remove(names[3]); !slices.Equal(got, []string{"router/catalog/_chapters/db/service/chapter_gen.go"}) {
		t.Errorf("without a function, it wrote %v", got)
	}
	remove(names[4:100]...)
	left, err := filepath.Glob(filepath.Join(root, "router/catalog/*"))
	if err != nil || len(left) != 3 {
		t.Errorf("got %v, %v, want the two files of the catalog and the bindings", left, err)
	}
}

// golang runs the go command in root, and returns what it prints.
func golang(t *testing.T, root string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return string(out)
}
