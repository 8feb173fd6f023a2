package generate_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

// golden writes the catalog of the module in testdata/<name>.txtar, which has to compile, and
// holds it against <name>.golden. It returns the module's folder.
func golden(t *testing.T, name string) (root string) {
	t.Helper()
	root = newModule(t, archive(t, "testdata/"+name+".txtar"))
	if _, err := generate.Write(t.Context(), root, expression.Judge); err != nil {
		t.Fatal(err)
	}
	got := read(t, filepath.Join(root, generate.Output))
	if *update {
		write(t, "testdata", name+".golden", got)
	}
	if diff := cmp.Diff(read(t, "testdata/"+name+".golden"), got); diff != "" {
		t.Errorf("run the tests with -update if this is as it should be (-want +got)\n%s", diff)
	}
	vet(t, root, "./router/catalog")
	return root
}

func TestCatalogOfEveryKind(t *testing.T) {
	t.Parallel()
	golden(t, "kinds")
}

// A catalog must compile whatever functions are called, also as it calls something itself.
func TestCatalogOfItsOwnNames(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, name := range []string{"ctx", "project", "uses", "schema", "scripts", "program", "functions", "events", "reflect", "wire"} {
		files["functions/"+name+"/"+name+".go"] = strings.Replace(scheduleSource, "NAME", name, 1)
	}
	root := newModule(t, files)
	generated(t, root)
	vet(t, root, "./router/catalog")
}

// A catalog must compile whichever kinds of functions there are.
func TestCatalogOfSomeKinds(t *testing.T) {
	t.Parallel()
	kinds := archive(t, "testdata/kinds.txtar")
	subsets := map[string]string{
		"none": "no", "endpoints": "functions/api/", "pages": "functions/pages/", "settings": "functions/service/",
		"jobs": "functions/jobs/files/process/", "schedules": "functions/jobs/files/sweep/",
	}
	whole := newModule(t, kinds)
	generated(t, whole)
	for name, prefix := range subsets {
		part := maps.Clone(kinds)
		maps.DeleteFunc(part, func(file, _ string) bool {
			return strings.HasPrefix(file, "functions/") && !strings.HasPrefix(file, prefix)
		})
		catalog, err := generate.Catalog(t.Context(), newModule(t, part), expression.Judge)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		write(t, whole, "router/"+name+"/catalog.go", string(catalog[generate.Output]))
		write(t, whole, "router/"+name+"/schema_gen.hcl", "")
	}
	vet(t, whole, "./router/...")
}

// Events of every kind, and a service that takes their types.
func TestCatalogOfEvents(t *testing.T) {
	t.Parallel()
	root := golden(t, "events")
	if got, err := generate.Check(t.Context(), root, expression.Judge); err != nil || len(got.Changed)+len(got.Warnings) > 0 {
		t.Errorf("got %+v, %v, want nothing to say", got, err)
	}
}

// Aliases change nothing: neither what is accepted nor what is known of events.
func TestCatalogOfAliases(t *testing.T) {
	t.Parallel()
	root := golden(t, "aliases")
	if got, err := generate.Check(t.Context(), root, expression.Judge); err != nil || len(got.Warnings) > 0 {
		t.Errorf("got %+v, %v, want nothing to say", got, err)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/odd-*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		files := archive(t, name)
		got, err := generate.Check(t.Context(), newModule(t, files), expression.Judge)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compare(t, got.Warnings, wants(t, files))
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/bad-*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			files := archive(t, name)
			root := newModule(t, files)
			_, err := generate.Catalog(t.Context(), root, expression.Judge)
			var problems *generate.Error
			if !errors.As(err, &problems) {
				t.Fatalf("got error %v, want an *Error", err)
			}
			if strings.Contains(err.Error(), root) {
				t.Errorf("an absolute path shows in\n%v", err)
			}
			compare(t, problems.Problems, wants(t, files))
		})
	}
}

func compare(t *testing.T, got []generate.Problem, all []want) {
	t.Helper()
	for _, p := range got {
		i := slices.IndexFunc(all, func(w want) bool {
			return w.file == p.File && w.line == p.Line && w.message.MatchString(p.Message)
		})
		if i < 0 {
			t.Errorf("unexpected: %s", p)
			continue
		}
		all = slices.Delete(all, i, i+1)
	}
	for _, w := range all {
		t.Errorf("missing: %s:%d: %s", w.file, w.line, w.message)
	}
}

func TestWriteAndStale(t *testing.T) {
	t.Parallel()
	root := newModule(t)
	expect := func(step string, wantStale, wantChanged bool) {
		t.Helper()
		stale, err := generate.Check(t.Context(), root, expression.Judge)
		if err != nil || len(stale.Changed) > 0 != wantStale {
			t.Errorf("%s: Check() = %+v, %v, want %t", step, stale, err, wantStale)
		}
		wrote, err := generate.Write(t.Context(), root, expression.Judge)
		if err != nil || len(wrote.Changed) > 0 != wantChanged {
			t.Errorf("%s: Write() = %+v, %v, want %t", step, wrote, err, wantChanged)
		}
	}
	expect("no catalog yet", true, true)
	expect("nothing new", false, false)
	write(t, root, "functions/hello/hello.go", endpointSource("hello", "GET /hello"))
	expect("a function more", true, true)
	before := read(t, filepath.Join(root, generate.Output))

	write(t, root, "functions/hello/hello.go", "package hello\n\nvar Spek = 1\n")
	if _, err := generate.Write(t.Context(), root, expression.Judge); err == nil {
		t.Error("a broken function was accepted")
	}
	if got := read(t, filepath.Join(root, generate.Output)); got != before {
		t.Errorf("the catalog was touched in spite of an error:\n%s", got)
	}
	binding := "router/catalog/_bindings/hello/binding_gen.go"
	was := read(t, filepath.Join(root, binding))
	write(t, root, "functions/hello/hello.go", endpointSource("hello", "GET /hello"))
	write(t, root, binding, was+"\n")
	expect("a binding that was edited", true, true)
	if got := read(t, filepath.Join(root, binding)); got != was {
		t.Errorf("the binding is now\n%s", got)
	}
	if err := os.RemoveAll(filepath.Join(root, "functions/hello")); err != nil {
		t.Fatal(err)
	}
	expect("a function less", true, true)
	left, err := os.ReadDir(filepath.Join(root, "router/catalog"))
	if err != nil || len(left) != 2 {
		t.Errorf("got %v, %v beside the catalog, want its two files alone", left, err)
	}
}

func TestModuleThatCannotBeRead(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if _, err := generate.Catalog(t.Context(), root, expression.Judge); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without go.mod: got %v, want that it does not exist", err)
	}
	write(t, root, "go.mod", "go 1.26\n")
	if _, err := generate.Catalog(t.Context(), root, expression.Judge); err == nil {
		t.Error("without a module line: got no error")
	}
}

// A function without fields has none to write on lines of their own.
func TestLongName(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("long", 25)
	root := newModule(t, map[string]string{
		"functions/jobs/" + name + "/" + name + ".go": "package " + name + `

import (
	"context"

	"example.com/yard/shared/fn"
)

var Spec = fn.Schedule{Cron: "0 6 * * *"}

type Function struct{}

func (Function) Handle(context.Context) error { return nil }
`,
	})
	if _, err := generate.Catalog(t.Context(), root, expression.Judge); err != nil {
		t.Error(err)
	}
}

// Five hundred functions of all kinds; the time it took is logged.
func TestFiveHundredFunctions(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 500 {
		name := fmt.Sprintf("f%03d", i)
		dir := fmt.Sprintf("functions/api/group%02d/%s", i%20, name)
		files[dir+"/"+name+".go"] = endpointSource(name, fmt.Sprintf("GET /api/%s/{id}", name))
	}
	root := newModule(t, files)
	start := time.Now()
	catalog, err := generate.Catalog(t.Context(), root, expression.Judge)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("500 functions in %v", time.Since(start).Round(time.Millisecond))
	n := 0
	for _, source := range catalog {
		n += strings.Count(string(source), "Spec: ")
	}
	if n != 500 {
		t.Errorf("got %d functions, want 500", n)
	}
}

// endpointSource is an endpoint of a usual size.
func endpointSource(name, route string) string {
	return fmt.Sprintf(`package %s

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"example.com/yard/shared/bucket"
	"example.com/yard/shared/db"
	"example.com/yard/shared/fault"
	"example.com/yard/shared/fn"
)

var Spec = fn.Endpoint{Route: %q, Timeout: 5 * time.Second, Access: fn.Public, Status: http.StatusOK}

type Function struct {
	DB     *db.DB
	Bucket *bucket.Bucket
}

type Input struct {
%s	Body struct {
		Names []string
		At    time.Time
	}
}

type Output struct{ Body json.RawMessage }

func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	seen := map[string]int{}
	for i, name := range in.Body.Names {
		if _, ok := seen[name]; ok {
			return nil, fault.New(fault.Invalid, "the name %%q comes twice", name)
		}
		seen[name] = i
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("count names: %%w", err)
	}
	body, err := json.Marshal(seen)
	if err != nil {
		return nil, err
	}
	return &Output{Body: body}, nil
}
`, name, route, idField(route))
}

func idField(route string) string {
	if strings.Contains(route, "{id}") {
		return "\tID string `path:\"id\"`\n"
	}
	return ""
}
